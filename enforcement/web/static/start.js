// Starts the design system's components. Kept in a file so that no page needs inline script.
import { initAll } from "./nhsuk-frontend-10.6.1.min.js";

initAll();
