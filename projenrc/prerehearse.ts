import './bundle-command'; // the rehearsal is a verb of the command
import { buildLibrary } from './build-library';

buildLibrary(); // the examples use the compiled library
