// SPDX-License-Identifier: Apache-2.0

// Package testkit is what several tests need: golden files, programs of the
// machine that may be missing, free ports. Only tests import it.
package testkit

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares got with the file testdata/name, and rewrites the file if the
// test runs with -update.
func Golden(t testing.TB, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run make golden to write it", err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs (-want +got); run make golden if the change is meant:\n%s", path, diff)
	}
}

// Program returns the path of a program that the test needs. Where there is
// none, the test is skipped, and the skip is written to the file that the
// environment variable PHAROS_SKIPPED names, which make test prints at its end.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Skip(t, "program "+name+" is not installed")
	}
	return path
}

// Skip skips the test because of what the machine lacks, loudly.
func Skip(t testing.TB, why string) {
	t.Helper()
	if file := os.Getenv("PHAROS_SKIPPED"); file != "" {
		out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(out, "%s: %s\n", t.Name(), why)
		if closeErr := out.Close(); err != nil || closeErr != nil {
			t.Fatal(err, closeErr)
		}
	}
	t.Skip(why)
}

// FreePort returns a loopback address on which nothing listened a moment ago. Its
// port is drawn from below those that the system gives to outgoing connections,
// so that tests that run at the same time don't take it away.
func FreePort(t testing.TB) string {
	t.Helper()
	const lowest, highest, tries = 10_240, 32_000, 100
	var err error
	for range tries {
		address := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		var l net.Listener
		if l, err = net.Listen("tcp", address); err == nil {
			if err = l.Close(); err == nil {
				return address
			}
		}
	}
	t.Fatalf("no free port: %v", err)
	return ""
}
