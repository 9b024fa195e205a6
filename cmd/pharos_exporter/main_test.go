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
	testscript.Main(m, map[string]func(){"pharos_exporter": main})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ADDR", testkit.FreePort(t))
			env.Setenv("ADDR2", testkit.FreePort(t))
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"fetch":  fetch,
			"signal": signal,
		},
	})
}

// fetch METHOD URL REGEXP asks until the answer matches: its status, a line feed and
// its body. The standard output is then the answer.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: fetch METHOD URL REGEXP")
	}
	want := regexp.MustCompile("(?m)" + args[2])
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := answer(ctx, args[0], args[1])
		if err == nil && want.MatchString(text) {
			_, err = io.WriteString(ts.Stdout(), text)
			ts.Check(err)
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			ts.Fatalf("%s %s: no answer that matches %s; the last one: %s, %v", args[0], args[1], args[2], text, err)
		}
	}
}

func answer(ctx context.Context, method, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, http.NoBody)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return fmt.Sprintf("%d\n%s", resp.StatusCode, body), err
}

// signal NAME sends a signal to the exporter that runs in the background.
func signal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}
	if neg || len(args) != 1 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal HUP|TERM")
	}
	for _, cmd := range ts.BackgroundCmds() {
		if strings.HasSuffix(cmd.Path, "pharos_exporter") {
			ts.Check(cmd.Process.Signal(signals[args[0]]))
		}
	}
}
