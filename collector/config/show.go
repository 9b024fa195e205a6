// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net/url"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// hidden stands for a secret.
const hidden = "<secret>"

// MarshalYAML returns exporter.yml as it was written, with the defaults filled in
// and without secrets: tokens, passwords, keys, bodies, the values of headers unless
// they are harmless, and user information and queries of URLs.
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
	out.Parallelism = parallelismDocument{&c.Parallelism.Poll, &c.Parallelism.Script}
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
