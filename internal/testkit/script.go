// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// scriptPatience bounds every wait of a script. It says nothing of speed.
const scriptPatience = 30 * time.Second

// Scripts runs the scripts of testdata. In their environment each of the names
// addresses is a free loopback address. Besides the commands of testscript they
// have
//
//	fetch METHOD URL REGEXP [BODY]
//	signal HUP|TERM|KILL PROGRAM
//
// fetch asks until the answer matches: its status, a line feed and its body. The
// standard output is then the answer. With a body it asks once, and bears the
// token "hunter2-hunter2". signal sends a signal to a program in the background.
// UPDATE_SCRIPTS=1 in the environment rewrites what scripts compare with.
func Scripts(t *testing.T, addresses ...string) {
	t.Helper()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			for _, name := range addresses {
				env.Setenv(name, FreePort(t))
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"fetch": fetch, "signal": signal},
	})
}

func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args) > 4 {
		ts.Fatalf("usage: fetch METHOD URL REGEXP [BODY]")
	}
	want := regexp.MustCompile("(?m)" + args[2])
	ctx, cancel := context.WithTimeout(context.Background(), scriptPatience)
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
		req.SetBasicAuth("", "hunter2-hunter2")
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

func signal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if neg || len(args) != 2 || signals[args[0]] == 0 {
		ts.Fatalf("usage: signal HUP|TERM|KILL PROGRAM")
	}
	sent := 0
	for _, cmd := range ts.BackgroundCmds() {
		if filepath.Base(cmd.Path) == args[1] && cmd.ProcessState == nil {
			_ = cmd.Process.Signal(signals[args[0]]) // an earlier one may have ended
			sent++
		}
	}
	if sent == 0 {
		ts.Fatalf("no %s runs in the background", args[1])
	}
}
