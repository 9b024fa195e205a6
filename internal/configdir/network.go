// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	bridgeconfig "github.com/pharos-status/pharos/bridge/config"
	collectorconfig "github.com/pharos-status/pharos/collector/config"
	"github.com/pharos-status/pharos/internal/configfile"
)

// hostsIn returns the names of the hosts that exporter.yml probes.
func hostsIn(dir string) uses {
	hosts := uses{}
	c, err := collectorconfig.Load(filepath.Join(dir, exporterFile))
	if err != nil {
		return hosts // it is told, or not there
	}
	for _, s := range c.Services {
		for _, n := range s.Nodes {
			for _, r := range n.Replicas {
				if host := hostOf(r); isName(host) {
					hosts.add(host, s.ID+"/"+n.ID)
				}
			}
		}
	}
	return hosts
}

// hostOf returns the host of a replica; empty: it has none. What a module makes of its
// target is known where that is a URL, or a host and a port.
func hostOf(r collectorconfig.Replica) string {
	switch {
	case r.URL != nil:
		return r.URL.Hostname()
	case r.Target == "":
		return ""
	}
	if u, err := url.Parse(r.Target); err == nil && u.Host != "" {
		return u.Hostname()
	}
	if host, _, err := net.SplitHostPort(r.Target); err == nil {
		return host
	}
	return ""
}

// A place is where a file names servers: below some of its keys, and by which. What
// else is a URL there is a link for people.
type place struct {
	file        string
	below, keys []string
}

func places() []place {
	return []place{
		{exporterFile, []string{"relay", "rabbitmq", "http_sd_configs"}, []string{"url", "api_url"}},
		{pageFile, []string{"prometheus", "alertmanager", "subscribers"}, []string{"url", "smarthost"}},
		{bridgeFile, []string{"channels"}, []string{"url", "server", "homeserver"}},
		{routingFile, []string{"global", "receivers"}, []string{"url", "api_url", "smarthost", "smtp_smarthost", "webhook_url"}},
		{prometheusFile, []string{"remote_write", "remote_read"}, []string{"url"}},
		{reporterFile, []string{"servers"}, []string{"url"}},
	}
}

// serversIn returns the servers that the files name, as host:port. The bridge is not
// among them: pharos reaches it within the process.
func serversIn(dir string) uses {
	servers := uses{}
	bridge, _ := bridgeconfig.Load(filepath.Join(dir, bridgeFile), bridgeconfig.Options{}) // nil: there is none
	for _, at := range places() {
		f, err := configfile.Read(filepath.Join(dir, at.file))
		if err != nil {
			continue
		}
		var document map[string]any
		if f.Peek(&document) != nil {
			continue
		}
		for _, top := range at.below {
			each(configfile.Path{top}, document[top], func(p configfile.Path, key, value string) {
				server := serverOf(value)
				if server != "" && slices.Contains(at.keys, key) && (bridge == nil || !bridge.Found(server)) {
					servers.add(server, located(f, p))
				}
			})
		}
	}
	return servers
}

// located is the beginning of a message about a value.
func located(f *configfile.File, p configfile.Path) string {
	return strings.TrimSuffix(f.Errorf(p, "%s", "").Error(), ": ")
}

// serverOf returns the server that a value names, a URL or a host and a port. It is
// empty for what is only known when it is filled in.
func serverOf(value string) (hostAndPort string) {
	if strings.Contains(value, "${") || strings.Contains(value, "{{") {
		return ""
	}
	if u, err := url.Parse(value); err == nil && u.Host != "" {
		if u.Scheme != "http" && u.Scheme != "https" {
			return ""
		}
		return bridgeconfig.HostPort(u)
	}
	if host, port, err := net.SplitHostPort(value); err == nil && host != "" {
		return net.JoinHostPort(host, port)
	}
	return ""
}
