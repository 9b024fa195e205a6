// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/testkit"
)

func completed(t *testing.T, words ...string) string {
	t.Helper()
	code, stdout, stderr := ctl(t, append([]string{completeWord}, words...)...)
	require.Zero(t, code)
	require.Empty(t, stderr)
	return strings.Join(strings.Fields(stdout), " ")
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words []string
		want  string
	}{
		{[]string{"inc"}, "incident"},
		{[]string{"--ver"}, "--version"},
		{[]string{"incident", "re"}, "resolve"},
		{[]string{"help", "incident", "re"}, "resolve"},
		{[]string{"incident", "update", "--phase", ""}, "investigating identified monitoring resolved postmortem"},
		{[]string{"incident", "update", "--phase", "inv"}, "investigating"},
		{[]string{"incident", "update", "--phase", "="}, "investigating identified monitoring resolved postmortem"},
		{[]string{"incident", "update", "--phase", "=", "mon"}, "monitoring"},
		{[]string{"incident", "update", "--phase=re"}, "--phase=resolved"},
		{[]string{"incident", "update", "4hq2k7c3v5tn", "--url", "http://a", "--im"}, "--impact"},
		{[]string{"incident", "--token", ""}, "list open publish resolve show update"},
		{[]string{"incident", "--token"}, "--token-file"},
		{[]string{"incident", "--state="}, "--state=open --state=draft --state=resolved --state=all"},
		{[]string{"incident", "-o", ""}, "text json"},
		{[]string{"incident", "open", "--draft", "--imp"}, "--impact"},
		{[]string{"status", "-o", "j"}, "json"},
		{[]string{"completion", ""}, "bash zsh fish"},
		{[]string{"check", ""}, ""},
		{[]string{"check", "--", "--on"}, ""},
		{[]string{"check", "--timeout", ""}, ""},
	} {
		got := completed(t, c.words...)
		if strings.Contains(c.want, "publish") {
			require.ElementsMatch(t, strings.Fields(c.want), strings.Fields(got), c.words)
			continue
		}
		require.Equal(t, c.want, got, c.words)
	}
	require.Contains(t, completed(t), "incident")
	require.NotContains(t, completed(t, "--"), "completion-bash")
}

// Each flag that says which words it takes completes them.
func TestEachChoiceIsCompleted(t *testing.T) {
	t.Parallel()
	cli, _ := commandLine(io.Discard, io.Discard)
	for _, cmd := range cli.Model().FlattenedCommands() {
		for _, flag := range cmd.Flags {
			if c, ok := flag.Value.(*choice); ok {
				words := append(strings.Fields(cmd.FullCommand), "--"+flag.Name, "")
				require.Equal(t, strings.Join(c.words, " "), completed(t, words...), words)
			}
		}
	}
}

// The scripts are run by the shells themselves.
func TestCompletionInBash(t *testing.T) {
	t.Parallel()
	bash := testkit.Program(t, "bash")
	_, script, _ := ctl(t, "completion", "bash")
	dir := folder(t, map[string]string{"pharosctl": "#!/bin/sh\n[ \"$1\" = __complete ] && echo \"asked: $# $5\"\n", "complete": script})
	require.NoError(t, exec.CommandContext(t.Context(), "chmod", "+x", filepath.Join(dir, "pharosctl")).Run())
	out, err := exec.CommandContext(t.Context(), bash, "--norc", "-c", `
		. "$1/complete"
		complete -p pharosctl
		COMP_WORDS=("$1/pharosctl" incident update --phase mon) COMP_CWORD=4
		_pharosctl
		printf '%s\n' "${#COMPREPLY[@]}" "${COMPREPLY[@]}"
	`, "bash", dir).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, "complete -o default -F _pharosctl pharosctl\n1\nasked: 5 mon\n", string(out))
}

func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	for shell, want := range map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript} {
		code, stdout, stderr := ctl(t, "completion", shell)
		require.Zero(t, code, stderr)
		require.Equal(t, want, stdout)
		require.Contains(t, stdout, completeWord)
	}
}
