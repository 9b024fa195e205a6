// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/stretchr/testify/require"
)

// TestDocumentedCommands reads each command line that the docs and the help show, as
// far as the program would: there is no unknown flag, and no argument too many.
func TestDocumentedCommands(t *testing.T) {
	t.Parallel()
	docs, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	found := 0
	for _, file := range append(docs, "../../README.md") {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines, prose := shownIn(string(text))
		for _, line := range append(lines, prose...) {
			found++
			understood(t, filepath.Base(file), line, slices.Contains(prose, line))
		}
	}
	require.Greater(t, found, 30, "those of pharosctl.md alone are more")
}

func TestHelpedCommands(t *testing.T) {
	t.Parallel()
	c, _ := commandLine(io.Discard, io.Discard)
	var look func(group *kingpin.CmdGroupModel)
	found := 0
	look = func(group *kingpin.CmdGroupModel) {
		for _, cmd := range group.Commands {
			for _, line := range linesOf(cmd.Help) {
				found++
				understood(t, "help of "+cmd.FullCommand, line, false)
			}
			look(cmd.CmdGroupModel)
		}
	}
	look(c.Model().CmdGroupModel)
	require.Greater(t, found, 15)
}

// TestHelpListsEachCommand keeps the chapters of the help complete.
func TestHelpListsEachCommand(t *testing.T) {
	t.Parallel()
	c, _ := commandLine(io.Discard, io.Discard)
	var listed []string
	for _, ch := range chapters() {
		for _, row := range ch.Rows(c.Model().Commands) {
			require.LessOrEqual(t, len(row[1]), 120, row[0])
			listed = append(listed, row[0])
		}
	}
	var there []string
	for _, cmd := range c.Model().Commands {
		if !cmd.Hidden {
			there = append(there, cmd.Name)
		}
	}
	require.ElementsMatch(t, there, listed, "help is added when the command line is read")
}

// understood reads a command line. Prose may leave out what is required.
func understood(t *testing.T, where, line string, prose bool) {
	t.Helper()
	c, _ := commandLine(io.Discard, io.Discard)
	_, err := c.Parse(shellWords(line)[1:])
	if prose && err != nil && strings.HasPrefix(err.Error(), "required ") {
		return
	}
	require.NoError(t, err, "%s: %s", where, line)
}

// shownIn returns the command lines of a Markdown text: those in its blocks of code, and
// those that it speaks of.
func shownIn(text string) (lines, prose []string) {
	blocks := regexp.MustCompile("(?ms)^```.*?^```|^ {4,}[^\\n]*$")
	for _, block := range blocks.FindAllString(text, -1) {
		lines = append(lines, linesOf(block)...)
	}
	text = strings.Join(strings.Fields(blocks.ReplaceAllString(text, "")), " ")
	for _, span := range regexp.MustCompile("`(pharosctl [^`]+)`").FindAllStringSubmatch(text, -1) {
		prose = append(prose, span[1])
	}
	return lines, prose
}

// linesOf returns the command lines in a text of code, those that go on below as one.
func linesOf(code string) []string {
	code = regexp.MustCompile(`\\\n *`).ReplaceAllString(code, "")
	var lines []string
	for _, line := range regexp.MustCompile(`(?m)(?:^|[;|&] *|/)\s*(pharosctl .*)`).FindAllStringSubmatch(code, -1) {
		lines = append(lines, line[1])
	}
	return lines
}

// shellWords splits a command line as a shell does, up to where the command ends.
func shellWords(line string) (words []string) {
	token := regexp.MustCompile(`^(?:"[^"]*"|'[^']*'|[^\s"'#|;&<>]|[^\s"'|;&<>]#)+`)
	for line = strings.TrimLeft(line, " "); ; line = strings.TrimLeft(line, " ") {
		word := token.FindString(line)
		if word == "" {
			return words
		}
		line = line[len(word):]
		words = append(words, strings.NewReplacer(`"`, "", "'", "").Replace(word))
	}
}
