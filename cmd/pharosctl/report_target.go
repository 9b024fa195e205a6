// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"

	"github.com/alecthomas/kingpin/v2"

	"github.com/pharos-status/pharos/reporter"
)

// A reportTarget is who takes reports, as flags and settings say it.
type reportTarget struct{ client }

// reporterFlags adds --url, --token-file and --http.config.file of what reports.
func reporterFlags(cmd *kingpin.CmdClause) *reportTarget {
	t := &reportTarget{client{peer: peer{
		name: "reporter API", listens: "Where reports are taken: the public listener of pharos, or pharos_exporter.",
		usual: "http://127.0.0.1:8080", address: settingReporterURL,
		token: "reporter.token of exporter.yml", secret: settingReporterTokenFile,
		start: "start pharos or pharos_exporter, or name its listener by --url",
	}}}
	t.flags(cmd)
	return t
}

// endpoint returns what a [reporter.Client] needs, once the command line has been read.
// Connections of the transport are kept until it is asked to close them.
func (t *reportTarget) endpoint() (reporter.Endpoint, http.RoundTripper, error) {
	if err := t.settle(); err != nil {
		return reporter.Endpoint{}, nil, err
	}
	token, err := t.readToken()
	if err != nil {
		return reporter.Endpoint{}, nil, err
	}
	client, err := t.client.client()
	if err != nil {
		return reporter.Endpoint{}, nil, err
	}
	return reporter.Endpoint{URL: t.url, Token: token}, client.Transport, nil
}
