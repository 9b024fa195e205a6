// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/pharos-status/pharos/collector"
	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/configfile"
	"github.com/pharos-status/pharos/internal/selfreport"
	"github.com/pharos-status/pharos/internal/status"
)

// selfInterval is how often the process reports its own load.
const selfInterval = 10 * time.Second

// nodeValue is the value of a flag that names a node.
type nodeValue status.NodeID

// Set implements [kingpin.Value].
func (v *nodeValue) Set(text string) error {
	service, node, ok := strings.Cut(text, "/")
	if !ok || service == "" || node == "" {
		return fmt.Errorf("%q is no node; write SERVICE/NODE", text)
	}
	*v = nodeValue{Service: service, Node: node}
	return nil
}

// String implements [kingpin.Value].
func (v *nodeValue) String() string { return v.Service + "/" + v.Node }

// newSelfReport returns the part that reports to node. It goes through the
// Reporter API with a token like any application, but by the handler and not by
// the listener, whose TLS and authentication are made for the outside.
func newSelfReport(node status.NodeID, exporter *collector.Exporter, log *slog.Logger) *selfreport.Reporter {
	replica, err := os.Hostname()
	if err != nil {
		replica = "pharos"
	}
	return selfreport.New(selfreport.Options{
		URL:       "http://pharos.local",
		Transport: app.HandlerTransport{Handler: exporter.Reporter()},
		Replica:   node.Replica(replica),
		Interval:  selfInterval,
		Token:     func() (configfile.Secret, bool) { return exporter.ReporterToken(node) },
		Logger:    log.With("component", "self_report"),
	})
}
