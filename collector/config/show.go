// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// hidden stands for a secret.
const hidden = "<secret>"

// programName matches what may be shown of a script: no assignment, no quotes,
// nothing that the shell puts in.
var programName = regexp.MustCompile(`^[A-Za-z0-9_./+-]+$`)

// MarshalYAML returns exporter.yml as it was written, with the defaults filled in
// and without secrets: tokens, passwords, keys, bodies, the values of headers unless
// they are harmless, user information and queries of URLs, and what stands after
// the program in a script or command.
func (c *Config) MarshalYAML() (any, error) { return c.source, nil }

// String returns the configuration as YAML, without secrets: exporter.yml and a
// document for each service file. What was discovered is not in it.
func (c *Config) String() string {
	var b strings.Builder
	write := func(v any) {
		out, err := configfile.Marshal(v)
		if err != nil {
			out = []byte("# " + err.Error() + "\n")
		}
		b.Write(out)
	}
	write(c)
	for _, f := range c.files.shown {
		b.WriteString("---\n# " + strings.ToValidUTF8(f.name, "?") + "\n")
		write(f.document)
	}
	return b.String()
}

// shown returns the document with the defaults filled in.
func shown(d *document, c *Config) document {
	out := *d
	out.Defaults = c.files.defaults.document()
	out.Defaults.TLS, out.Defaults.SSH = d.Defaults.TLS, d.Defaults.SSH
	out.Parallelism = parallelismDocument{d.Parallelism.Poll, &c.Parallelism.Script}
	out.Reporter.MaxReplicasPerNode, out.Reporter.MaxReplicas = &c.Limits.ReplicasPerNode, &c.Limits.Replicas
	return out
}

// A targetURL may hold user information and tokens.
type targetURL string

// MarshalYAML hides what may be secret.
func (t targetURL) MarshalYAML() (any, error) {
	shown := publicName(string(t))
	u, err := url.Parse(string(t))
	if err != nil {
		return hidden, nil
	}
	if u.User != nil {
		shown = strings.Replace(shown, "://", "://"+hidden+"@", 1)
	}
	switch {
	case u.RawQuery == "":
	case u.Scheme == "dns":
		shown += "?" + u.RawQuery // what is asked
	default:
		shown += "?" + hidden
	}
	return shown, nil
}

// MarshalYAML hides the arguments, among which passwords often are.
func (s scriptDocument) MarshalYAML() (any, error) {
	if words := shownCommand(strings.Fields(s.Script)); words != nil {
		s.Script = strings.Join(words, " ")
	}
	s.Command = shownCommand(s.Command)
	type plain scriptDocument
	return plain(s), nil
}

// shownCommand returns the name of the program, and a placeholder for all that comes
// after it, or for everything if it begins with something else.
func shownCommand(words []string) []string {
	switch {
	case len(words) == 0:
		return nil
	case !programName.MatchString(words[0]):
		return []string{hidden}
	case len(words) == 1:
		return words
	}
	return []string{words[0], hidden}
}

// MarshalYAML hides what prometheus/common shows of a client.
func (d httpSDDocument) MarshalYAML() (any, error) {
	d.Client = configfile.ShownHTTPClient(d.Client)
	type plain httpSDDocument
	return plain(d), nil
}

// MarshalYAML likewise.
func (d relayDocument) MarshalYAML() (any, error) {
	d.Proxy = configfile.ShownProxy(d.Proxy)
	type plain relayDocument
	return plain(d), nil
}

// MarshalYAML likewise.
func (d rabbitMQDocument) MarshalYAML() (any, error) {
	d.Proxy = configfile.ShownProxy(d.Proxy)
	type plain rabbitMQDocument
	return plain(d), nil
}
