import { testHistories } from './simulation';

testHistories([12, 15, 20, 30, 60], 3300);
