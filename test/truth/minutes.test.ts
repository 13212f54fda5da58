import { testHistories } from './simulation';

testHistories([1, 2, 3, 4], 3400);
