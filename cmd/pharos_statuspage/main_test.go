// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/pharos-status/pharos/internal/testkit"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"pharos_statuspage": main, "fake_prometheus": fakePrometheus})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testkit.Scripts(t, "ADDR", "OPS", "PROM")
}

// fakePrometheus is a program that serves, at the address that is its argument,
// what Prometheus would say of one healthy replica.
func fakePrometheus() {
	const id = `"service":"web","node":"api"`
	sample := func(labels string, value int64) string {
		return fmt.Sprintf(`{"metric":{%s},"value":[1,"%d"]}`, labels, value)
	}
	severities := strings.Join([]string{
		sample(`"__name__":"pharos:status:severity"`, 0),
		sample(`"__name__":"service:pharos_status:severity","service":"web"`, 0),
		sample(`"__name__":"node:pharos_status:severity",`+id, 0),
		sample(`"__name__":"replica:pharos_status:severity","replica":"tcp://hidden.example.com:80",`+id, 0),
	}, ",")
	server := &http.Server{Addr: os.Args[1], ReadHeaderTimeout: time.Minute}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		result := ""
		switch query := r.PostFormValue("query"); {
		case strings.HasPrefix(query, "{"):
			result = severities
		case query == "pharos_node_info":
			result = sample(`"service_label":"Web nodes","node_label":"Access","mode":"poll","reveal":"false",`+id, 1)
		case strings.HasPrefix(query, "max(timestamp("):
			result = sample("", time.Now().Unix())
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, result)
	})
	fmt.Fprintln(os.Stderr, server.ListenAndServe())
	os.Exit(1)
}
