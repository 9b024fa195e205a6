// SPDX-License-Identifier: Apache-2.0

// Package gatus makes the configuration folder of this project from the YAML
// configuration of Gatus. It reads and writes no file itself: what it makes is
// written by package convert.
package gatus

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/status"
)

// What Gatus does where its file says nothing.
const (
	defaultInterval = time.Minute
	defaultTimeout  = 10 * time.Second
	theirs          = "Gatus's default"
)

// unknown is said of settings that this package does not know.
const unknown = "this setting is not known here; look it up in the documentation of Gatus, and whether something in docs/configuration.md does it"

// Convert converts the file with that name and content. Groups become services, and
// endpoints nodes with one replica.
func Convert(name string, data []byte, o convert.Options) (convert.Result, error) {
	doc, err := tree.YAML(name, data)
	if err != nil {
		return convert.Result{}, err
	}
	doc.Expand(func(text string) (string, error) { return expand(text, o.Lookup) })
	c := converter{doc: doc, out: folder.New(o, "Made from "+filepath.Base(name)+", a configuration of Gatus."), seen: map[string]int{}, codesOf: map[string][]any{}}
	c.out.Defaults = configfile.Map{{Key: "poll", Value: configfile.Map{
		{Key: "interval", Value: defaultInterval, After: theirs},
		{Key: "timeout", Value: defaultTimeout, After: theirs},
		{Key: "sick_after", Value: time.Duration(0), After: theirs},
		{Key: "retries", Value: 0, After: theirs},
	}}}
	c.document(doc.Root)
	files, filesErr := c.out.Files()
	notes, err := doc.Finish(unknown)
	switch {
	case err != nil:
		return convert.Result{}, err
	case filesErr != nil:
		return convert.Result{}, convert.Errors{{File: name, Msg: filesErr.Error()}}
	}
	return convert.Result{Files: files, Notes: notes}, nil
}

// expand puts in environment variables, $NAME and ${NAME}, as Gatus does.
func expand(text string, lookup func(string) (string, bool)) (string, error) {
	const dollar = "\x00"
	missing := ""
	text = os.Expand(strings.ReplaceAll(text, "$$", dollar), func(name string) string {
		value, ok := lookup(name)
		if !ok && missing == "" {
			missing = name
		}
		return value
	})
	if missing != "" {
		return text, fmt.Errorf("environment variable %s is not set; set it, or write $$ for a dollar", status.Shorten(missing))
	}
	return strings.ReplaceAll(text, dollar, "$"), nil
}

// A converter holds what is made of a document.
type converter struct {
	doc       *tree.Doc
	out       *folder.Folder
	seen      map[string]int   // lines of endpoints, by group and name
	codesOf   map[string][]any // statuses, by the conditions that they meet
	alerting  *tree.Value
	receivers map[hearer]string
}

func (c *converter) document(root *tree.Value) {
	if root == nil {
		c.doc.Fail("there is nothing in it; name the file with the endpoints")
	}
	if root.Map() == nil {
		return
	}
	c.alerting, c.receivers = root.Get("alerting").Map(), map[hearer]string{}
	for _, e := range root.Get("endpoints").Items() {
		c.endpoint(e)
	}
	for _, e := range root.Get("external-endpoints").Items() {
		c.external(e)
	}
	for _, s := range root.Get("suites").Items() {
		s.Note(convert.Missing, "", "requests that build on each other are a script here: write it as a node in mode script, which may tell of its steps (docs/configuration.md, Scripts)")
	}
	if c.out.Empty() && root.Get("suites") == nil {
		c.doc.Fail("it has no endpoints that could be watched; name the file with the endpoints")
	}
	c.page(root.Get("ui").Map())
	c.unusedProviders()
	c.listener(root.Get("web").Map())
	c.rest(root)
}

// page converts how the page looks.
func (c *converter) page(ui *tree.Value) {
	c.brand(ui.Get("title"), "page_title", func(text string) bool { return strings.TrimSpace(text) != "" })
	c.brand(ui.Get("header"), "company_name", func(string) bool { return true })
	c.brand(ui.Get("logo"), "logo_url", folder.IsWebAddress)
	c.brand(ui.Get("link"), "website_url", folder.IsWebAddress)
	c.brand(ui.Get("favicon").Get("default"), "icon_url", folder.IsWebAddress)
	for _, key := range []string{"description", "dashboard-heading", "dashboard-subheading", "favicon", "buttons", "custom-css", "login-subtitle"} {
		ui.Get(key).Note(convert.Missing, "", "the page has no place for it; branding.custom_html of statuspage.yml can add to its head")
	}
	for _, key := range []string{"dark-mode", "default-sort-by", "default-filter-by"} {
		ui.Get(key).Note(convert.Missing, "", "the page follows the visitor's choice of light or dark, and is in the order of exporter.yml")
	}
}

func (c *converter) brand(v *tree.Value, key string, good func(string) bool) {
	if v == nil {
		return
	}
	text := v.Text()
	if !good(text) {
		v.Note(convert.Missing, "", "the page needs a complete address here; set branding."+key+" of statuspage.yml")
		return
	}
	c.out.Page = append(c.out.Page, configfile.Entry{Key: key, Value: configfile.Literal(folder.Label(text, "Status Page")), After: v.Source().String()})
	v.Exact("statuspage.yml: branding." + key)
}

// listener converts where visitors are listened to, which is port 8080 of all addresses
// in both where nothing is said.
func (c *converter) listener(web *tree.Value) {
	address, port := web.Get("address"), web.Get("port")
	host, number := address.Text(), port.Int(8080, 1, 65535)
	if host == "0.0.0.0" {
		host = ""
	}
	set := port
	if set == nil {
		set = address
	}
	set.Note(convert.Differs, "flag --web.listen-address="+net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(number)), "it is a flag of pharos")
	address.Exact("--web.listen-address")
	web.Get("tls").Note(convert.Missing, "", "write a file with tls_server_config, and name it by --web.config.file")
	web.Get("read-buffer-size").Note(convert.Missing, "", "there is nothing to set")
}

// rest says what became of the settings that concern no endpoint.
func (c *converter) rest(root *tree.Value) {
	for _, at := range [][2]string{
		{"storage", "what Gatus has stored stays there; Pharos keeps its own history from now on, in the folder that --storage.path names (data)"},
		{"announcements", "announce again what still holds: pharosctl announce"},
		{"maintenance", "declare it as maintenance that recurs: pharosctl maintenance plan, with --rrule and --time-zone"},
		{"security", "to make the page private, set access of statuspage.yml; single sign-on is left to a proxy (access.proxy)"},
		{"connectivity", "watch what everything depends on as a node, and name it under dependencies in alerting.yml"},
		{"remote", "run an exporter there, with relay in its exporter.yml"},
		{"tunneling", "there are no tunnels: run an exporter behind the jump host, with relay in its exporter.yml"},
		{"concurrency", "probes are spread over their interval; parallelism.poll of exporter.yml bounds how many run at a time"},
		{"disable-monitoring-lock", "probes never wait for each other; parallelism.poll of exporter.yml bounds how many run at a time"},
		{"skip-invalid-config-update", "a bad configuration never takes the place of a good one here"},
	} {
		root.Get(at[0]).Note(convert.Missing, "", at[1])
	}
	if debug := root.Get("debug"); debug.Bool(false) {
		debug.Note(convert.Differs, "flag --log.level=debug", "it is a flag of pharos")
	} else {
		debug.Exact("--log.level")
	}
	root.Get("metrics").Note(convert.Differs, "", "metrics are always there, on the operations listener, under other names (docs/metrics.md)")
}
