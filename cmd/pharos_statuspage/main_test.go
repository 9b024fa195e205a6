// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"syscall"
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
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"ADDR", "OPS", "PROM"} {
				env.Setenv(name, testkit.FreePort(t))
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fetch":  fetch,
			"signal": signal,
		},
	})
}

// fetch METHOD URL REGEXP [BODY] asks until the answer matches: its status, a line
// feed and its body. The standard output is then the answer. A request with a body
// bears the manager token "secret", and is made once.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: fetch METHOD URL REGEXP [BODY]")
	}
	want := regexp.MustCompile("(?m)" + args[2])
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := answer(ctx, args[0], args[1], args[3:]...)
		if err == nil && want.MatchString(text) {
			_, err = io.WriteString(ts.Stdout(), text)
			ts.Check(err)
			return
		}
		if len(args) == 4 {
			cancel()
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			ts.Fatalf("%s %s: no answer that matches %s; the last one: %s, %v", args[0], args[1], args[2], text, err)
		}
	}
}

func answer(ctx context.Context, method, url string, body ...string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		return "", err
	}
	if len(body) > 0 {
		req.SetBasicAuth("", "secret")
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d\n%s", resp.StatusCode, text), err
}

// signal NAME sends a signal to the page that runs in the background.
func signal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if neg || len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal HUP|TERM|KILL")
	}
	for _, cmd := range ts.BackgroundCmds() {
		if strings.HasSuffix(cmd.Path, "pharos_statuspage") {
			ts.Check(cmd.Process.Signal(signals[args[0]]))
		}
	}
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
