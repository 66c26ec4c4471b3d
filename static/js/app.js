// What a page gains from a script; without it every link and form works by itself.
import "./keys.js";
import "./list.js";
import "./countdown.js";
import "./line.js";
import "./fresh.js";
import "./palette.js";
