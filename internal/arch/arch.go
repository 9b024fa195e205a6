// SPDX-License-Identifier: Apache-2.0

// Package arch holds the import rules of the project as a table; its test keeps
// them. It has nothing that runs.
package arch

// Module is the path of this module.
const Module = "github.com/pharos-status/pharos/"

// everyone may be imported by each package of the project.
var everyone = []string{"internal/status"}

// rules lists, for each package, the packages of the project that it may import,
// besides those for everyone, and that it does import: what none needs any more is
// taken out. Package paths are relative to the module. Packages below cmd may
// import anything, and nothing may import them.
var rules = map[string][]string{
	"collector":            {"collector/blackbox", "collector/config", "collector/discovery", "collector/exposition", "collector/module", "collector/probe", "collector/push", "collector/queue", "collector/relay", "collector/schedule", "collector/state", "internal/app", "internal/configfile", "internal/schema"},
	"collector/blackbox":   {"collector/module", "collector/probe", "internal/schema"},
	"collector/config":     {"collector/module", "internal/configfile"},
	"collector/deliver":    {"internal/atomicfile"},
	"collector/discovery":  {"internal/atomicfile", "internal/schema"},
	"collector/exposition": {},
	"collector/module":     {"internal/configfile"},
	"collector/probe":      {},
	"collector/push":       {"collector/state"},
	"collector/queue":      {"collector/state", "internal/schema"},
	"collector/relay":      {"collector/push", "collector/state", "internal/atomicfile", "internal/schema"},
	"collector/schedule":   {"collector/probe"},
	"collector/state":      {"collector/probe", "internal/boltfile"},

	"bridge":         {"bridge/channel", "bridge/config", "bridge/deliver", "bridge/spool", "bridge/webhook", "bridge/words", "internal/app", "internal/schema"},
	"bridge/channel": {"bridge/webhook", "bridge/words", "bridge/xmpp", "internal/configfile", "internal/schema"},
	"bridge/config":  {"bridge/channel", "bridge/words", "internal/configfile"},
	"bridge/deliver": {"bridge/channel", "bridge/config", "bridge/spool", "bridge/webhook", "internal/app", "internal/schema"},
	"bridge/spool":   {"bridge/webhook", "internal/boltfile"},
	"bridge/webhook": {"internal/schema"},
	"bridge/words":   {"bridge/webhook", "internal/schema"},
	"bridge/xmpp":    {},

	"statuspage":           {},
	"statuspage/admin":     {"internal/configfile", "statuspage", "statuspage/config", "statuspage/desk", "statuspage/markdown", "statuspage/store", "statuspage/visitor", "statuspage/words"},
	"statuspage/alerts":    {"internal/schema"},
	"statuspage/api":       {"internal/configfile", "statuspage", "statuspage/alerts", "statuspage/desk", "statuspage/store"},
	"statuspage/config":    {"internal/configfile", "internal/schema", "statuspage"},
	"statuspage/desk":      {"statuspage", "statuspage/store"},
	"statuspage/duty":      {"internal/schema", "statuspage", "statuspage/alerts", "statuspage/config", "statuspage/desk", "statuspage/store", "statuspage/words"},
	"statuspage/format":    {"statuspage", "statuspage/markdown", "statuspage/words"},
	"statuspage/history":   {"statuspage", "statuspage/store"},
	"statuspage/mcp":       {"statuspage", "statuspage/format", "statuspage/words"},
	"statuspage/prom":      {"internal/schema", "statuspage"},
	"statuspage/server":    {"internal/app", "internal/atomicfile", "internal/configfile", "internal/schema", "statuspage", "statuspage/admin", "statuspage/alerts", "statuspage/api", "statuspage/config", "statuspage/desk", "statuspage/duty", "statuspage/format", "statuspage/history", "statuspage/mcp", "statuspage/prom", "statuspage/store", "statuspage/subscribe", "statuspage/view", "statuspage/visitor", "statuspage/words"},
	"statuspage/store":     {"internal/atomicfile", "statuspage"},
	"statuspage/subscribe": {"internal/app", "internal/schema", "statuspage", "statuspage/config", "statuspage/markdown", "statuspage/store", "statuspage/words"},
	"statuspage/view":      {"statuspage", "statuspage/markdown", "statuspage/words"},
	"statuspage/visitor":   {},
	"statuspage/words":     {"statuspage"},

	"convert":            {},
	"convert/blackbox":   {"collector/config", "collector/module", "convert", "convert/folder", "convert/tree", "internal/configfile"},
	"convert/folder":     {"collector/module", "convert", "convert/tree", "internal/configfile"},
	"convert/gatus":      {"collector/config", "collector/module", "convert", "convert/folder", "convert/tree", "internal/configfile", "internal/status"},
	"convert/tree":       {"convert", "internal/configfile"},
	"convert/uptimekuma": {"collector/config", "collector/module", "convert", "convert/folder", "convert/tree", "internal/configfile"},
	"convert/vigil":      {"bridge/xmpp", "collector/config", "convert", "internal/configfile"},

	"sidecar":        {"internal/app", "internal/schema", "reporter", "sidecar/config", "sidecar/watch"},
	"sidecar/config": {"internal/configfile"},
	"sidecar/watch":  {"collector/probe", "sidecar/config"},

	"rules":          {},
	"rules/alerting": {"internal/configfile"},
	"rules/generate": {"internal/configfile", "internal/schema", "rules", "rules/alerting"},
	"dashboards":     {},
	"examples":       {},

	"internal/app":            {"internal/configfile"},
	"internal/arch":           {},
	"internal/atomicfile":     {},
	"internal/boltfile":       {},
	"internal/configdir":      {"bridge/config", "collector/config", "internal/configfile", "internal/embedded/check", "rules/alerting", "rules/generate", "sidecar/config", "statuspage", "statuspage/config"},
	"internal/configfile":     {},
	"internal/e2e":            {},
	"internal/embedded":       {"internal/app", "internal/embedded/check", "internal/schema", "rules/alerting", "rules/generate"},
	"internal/embedded/check": {"internal/schema", "rules/alerting", "rules/generate"},
	"internal/schema":         {},
	"internal/selfreport":     {"internal/configfile", "reporter"},
	"internal/status":         {},
	"internal/testkit":        {},
}

// ofTests lists what the tests of a package import of the project besides.
var ofTests = map[string][]string{
	"convert/gatus":      {"internal/configdir"},                                                      // they have what was made read
	"convert/uptimekuma": {"internal/configdir"},                                                      // likewise
	"convert/blackbox":   {"internal/configdir"},                                                      // likewise
	"collector/push":     {"internal/app", "internal/configfile"},                                     // they listen as the programs do
	"collector/relay":    {"collector/probe"},                                                         // they fill a store
	"internal/embedded":  {"statuspage", "statuspage/history", "statuspage/prom", "statuspage/store"}, // they refresh a page
	"internal/e2e":       {"internal/schema", "rules/alerting", "rules/generate", "statuspage", "statuspage/view", "statuspage/words"},
	"statuspage/duty":    {"statuspage/markdown"},                           // they read names as visitors do
	"convert/vigil":      {"internal/configdir", "internal/embedded/check"}, // they read what was made as the programs do
	"dashboards":         {"internal/configfile", "internal/schema", "rules"},
	"rules":              {"internal/configfile", "internal/schema", "rules/alerting", "rules/generate"},
	"examples":           {"bridge/config", "collector/config", "internal/configfile", "collector/module", "sidecar/config", "statuspage/config"},
}

// testsOnly may be imported by tests, and by nothing else.
var testsOnly = []string{"internal/testkit"}

// restricted lists imports from outside that few may use: a prefix of the import
// path, and the packages or files of this project that are allowed it.
var restricted = []struct {
	prefix  string
	allowed []string
	why     string
}{
	{"os/exec", []string{"collector/probe/script.go", "cmd/pharosctl/report_run.go"}, "few places start processes"},
	{"github.com/prometheus/prometheus/", []string{"internal/embedded/", "statuspage/config/"}, "the server's packages take minutes to build"},
	{"github.com/prometheus/alertmanager/", []string{"internal/embedded/", "bridge/webhook/", "bridge/words/", "bridge/channel/"}, "the server's packages take minutes to build"},
	{"go.yaml.in/yaml", []string{"internal/configfile/"}, "files are read strictly, in one way"},
	{"gopkg.in/yaml", nil, "it is no longer maintained"},
}
