import { testHistories } from './simulation';

testHistories([1, 2, 3, 4], 1000);
