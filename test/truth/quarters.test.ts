import { testHistories } from './simulation';

testHistories([5, 6, 10], 3300);
