// SPDX-License-Identifier: Apache-2.0

package blackbox

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/folder"
	"github.com/pharos-status/pharos/convert/tree"
	"github.com/pharos-status/pharos/internal/configfile"
)

// jobsOf makes services of the scrape jobs that probe.
func (c *converter) jobsOf(src Source) ([]convert.Note, error) {
	if src.Name == "" {
		return nil, nil
	}
	doc, err := tree.YAML(src.Name, src.Data)
	if err != nil {
		return nil, err
	}
	root := doc.Root
	if root.Map() == nil {
		doc.Fail("there is nothing in it; name the file with the scrape jobs")
		return doc.Finish(unknown)
	}
	for _, at := range [][2]string{
		{"rule_files", "copy the files into the folder rules: pharos reads rules/*.yml; the alerts that ask probe_success are there already, as rules of its own"},
		{"alerting", "pharos has its own Alertmanager: put what yours does into alertmanager.yml"},
		{"remote_read", "pharos refuses it; query the other Prometheus from Grafana"},
		{"tracing", "pharos refuses it"},
		{"otlp", "pharos refuses it, as it receives nothing"},
		{"scrape_config_files", "jobs in other files are not converted; put them into this one, and convert again"},
	} {
		root.Get(at[0]).Note(convert.Missing, "", at[1])
	}
	global := root.Get("global").Map()
	seen := map[string]bool{}
	for _, v := range root.Get("scrape_configs").Items() {
		if v.Map() == nil {
			continue
		}
		name := v.Get("job_name").Text()
		if name == "" || seen[name] {
			v.Fail("each job has a job_name of its own; give it one")
			continue
		}
		seen[name] = true
		c.job(v, name, global)
	}
	return doc.Finish(unknown)
}

// A job is one that is being converted.
type job struct {
	*converter
	v             *tree.Value
	name          string
	interval      time.Duration
	timeout       time.Duration
	poll          configfile.Map
	moduleByLabel bool
	nodes         []*group
}

// A group becomes a node.
type group struct {
	name, module string
	from         *tree.Value
	replicas     []any
	targets      map[string]bool
	timeout      time.Duration
}

func (c *converter) job(v *tree.Value, name string, global *tree.Value) {
	j := &job{converter: c, v: v, name: name}
	switch path := v.Get("metrics_path"); {
	case path.TextOr("") != "/probe":
		v.Note(convert.Missing, "", "this job does not probe: it stays with your Prometheus. To have pharos scrape it, copy it into prometheus.yml")
		return
	case !j.relabelled():
		v.Note(convert.Missing, "", "the relabelling is not the usual one, so the job stays with Prometheus: put the exporter (:9640 in place of :9115) into its address, as examples/blackbox does")
		return
	}
	j.interval = j.duration("scrape_interval", "interval", v, global, time.Minute)
	j.timeout = j.duration("scrape_timeout", "timeout", v, global, min(10*time.Second, j.interval))
	for _, s := range v.Get("static_configs").Items() {
		j.static(s)
	}
	v.Get("file_sd_configs").Note(convert.Missing, "", "targets in files become service_files of exporter.yml, which are watched likewise: write services into them")
	v.Get("http_sd_configs").Note(convert.Missing, "", "exporter.yml has http_sd_configs, too: the targets need the labels __service and __node, and __module for the module")
	for _, key := range []string{"job_name", "metrics_path", "params", "relabel_configs"} {
		v.Get(key).Exact("exporter.yml: services")
	}
	j.nodes = slices.DeleteFunc(j.nodes, func(g *group) bool { return len(g.replicas) == 0 })
	if len(j.nodes) == 0 {
		return
	}
	service := c.out.Service(name, v.Get("job_name").Source())
	for _, g := range j.nodes {
		j.node(service, g)
	}
}

// duration returns a duration of the job, or else of all jobs.
func (j *job) duration(key, to string, v, global *tree.Value, otherwise time.Duration) time.Duration {
	from := v.Get(key)
	if from == nil {
		from = global.Get(key)
	}
	if from == nil {
		return otherwise
	}
	d, err := model.ParseDuration(from.Text())
	if err != nil || d <= 0 {
		from.Fail("not a duration; write one such as 30s")
		return otherwise
	}
	j.poll = append(j.poll, configfile.Entry{Key: to, Value: time.Duration(d), After: from.Source().String()})
	from.Exact("exporter.yml: poll." + to)
	return time.Duration(d)
}

// relabelled tells whether the job asks for each target as it stands there.
func (j *job) relabelled() bool {
	asks := false
	for _, r := range j.v.Get("relabel_configs").Items() {
		switch relabelling(r) {
		case "__param_target":
			asks = true
		case "__param_module":
			j.moduleByLabel = true
		case "":
			return false
		}
	}
	return asks
}

// relabelling returns the label that a step of the usual relabelling sets; "" if it is
// none of these.
func relabelling(r *tree.Value) string {
	var sources []string
	if s := r.Get("source_labels"); s.IsList() {
		sources = s.Texts()
	}
	from, to := strings.Join(sources, ";"), r.Get("target_label").TextOr("")
	if r.Get("regex").TextOr("(.*)") != "(.*)" || r.Get("action").TextOr("replace") != "replace" {
		return ""
	}
	asIs := slices.Contains([]string{"$1", "${1}"}, r.Get("replacement").TextOr("$1"))
	usual := map[string][]string{
		"__param_target": {"__address__"}, "__param_module": {"module"}, "instance": {"__param_target", "__address__"},
	}
	if asIs && slices.Contains(usual[to], from) || to == "__address__" && from == "" && !asIs {
		return to
	}
	return ""
}

// static makes a node of the targets that have the same module and labels.
func (j *job) static(v *tree.Value) {
	if v.Map() == nil {
		return
	}
	module, labels := j.labels(v)
	m := j.modules[module]
	switch {
	case m == nil:
		v.Fail("there is no module %.100q; convert blackbox.yml that has it together with this file", module)
		return
	case m.Problem() != nil:
		v.Note(convert.Missing, "", "it is left out, as its module can't work; mend that")
		return
	}
	g := j.group(strings.Join(append([]string{module}, labels...), " "), module, v)
	if t := time.Duration(m.Timeout); t > 0 && t < j.timeout {
		g.timeout = t.Truncate(time.Millisecond)
	}
	for _, t := range v.Get("targets").Items() {
		target := strings.TrimSpace(t.Text())
		if problem := config.ReplicaProblem(m.Prober, target); problem != nil {
			t.Note(convert.Missing, "", "it is left out: "+problem.Error())
			continue
		}
		t.Exact("exporter.yml: services")
		if g.targets[target] {
			continue
		}
		g.targets[target] = true
		g.replicas = append(g.replicas, j.replica(target, len(g.replicas)))
	}
}

// labels returns the module of targets, and the values of their other labels.
func (j *job) labels(v *tree.Value) (module string, others []string) {
	module = "http_2xx" // as in blackbox_exporter
	if list := j.v.Get("params").Get("module"); list.IsList() && len(list.Texts()) > 0 {
		module = list.Texts()[0]
	}
	for _, l := range v.Get("labels").Members() {
		switch {
		case l.Key() == "module" && j.moduleByLabel:
			module = l.Text()
			l.Exact("exporter.yml: module of the node")
			continue
		case l.Key() == "__param_module":
			if !j.moduleByLabel && j.v.Get("params").Get("module") == nil {
				module = l.Text()
			}
			l.Exact("exporter.yml: module of the node")
			continue
		}
		others = append(others, l.Text())
		l.Note(convert.Missing, "", "nodes have no labels of their own; its value is in the name of the node, and Prometheus can add the label by relabelling")
	}
	return module, others
}

// group returns the group of that name.
func (j *job) group(name, module string, from *tree.Value) *group {
	for _, g := range j.nodes {
		if g.name == name && g.module == module {
			return g
		}
	}
	g := &group{name: name, module: module, from: from, targets: map[string]bool{}}
	j.nodes = append(j.nodes, g)
	return g
}

// replica returns a replica, with a name where it would be called by a part of
// itself.
func (j *job) replica(target string, n int) any {
	const longest = 180
	if strings.ContainsAny(target, "?@") && !strings.HasPrefix(target, "@") {
		j.out.Sensitive()
	}
	if len(target) <= longest && !strings.ContainsAny(target, "?#") && !strings.Contains(strings.TrimPrefix(target, "@"), "@") {
		return configfile.Literal(target)
	}
	return configfile.Map{
		{Key: "url", Value: configfile.Literal(target)},
		{Key: "name", Value: configfile.Literal(folder.Label(fmt.Sprintf("%s target %d", j.name, n+1), "target"))},
	}
}

func (j *job) node(service *folder.Service, g *group) {
	m := configfile.Map{{Key: "mode", Value: "poll"}, {Key: "module", Value: configfile.Literal(g.module)}}
	poll := slices.Clone(j.poll)
	if g.timeout > 0 {
		poll = slices.DeleteFunc(poll, func(e configfile.Entry) bool { return e.Key == "timeout" })
		poll = append(poll, configfile.Entry{Key: "timeout", Value: g.timeout, After: "of the module"})
	}
	if len(poll) > 0 {
		m = append(m, configfile.Entry{Key: "poll", Value: poll})
	}
	service.Node(g.name, g.from.Source(), append(m, configfile.Entry{Key: "replicas", Value: g.replicas}))
}
