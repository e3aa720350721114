// The last of the scripts: everything is there, so it begins.
outcome();
changes();
filters();
at("list").append(...content.cases.map(addCase));
filter();
controls();
waivers();
describeRun();
keys();
paper();
addEventListener("hashchange", follow);
follow();
document.documentElement.dataset.ready = "true";
