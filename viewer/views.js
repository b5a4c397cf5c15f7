// Every view. A new one is a file in views/ and a line here.
import { findings } from "./views/findings.js";

export const VIEWS = [findings];
