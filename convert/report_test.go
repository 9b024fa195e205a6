// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extensionast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/internal/testkit"
)

func at(line int, key string) convert.Source {
	return convert.Source{File: "config.cfg", Line: line, Key: key}
}

func reported(t *testing.T, r convert.Result) []byte {
	t.Helper()
	top := t.TempDir()
	dir := filepath.Join(top, "my config")
	apply(t, dir, r)
	text, err := os.ReadFile(filepath.Join(dir, convert.ReportFile))
	require.NoError(t, err)
	return []byte(strings.ReplaceAll(string(text), top, "/etc"))
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := result(file("exporter.yml", "a"), secret("reporter.token", "hunter2"))
	r.Notes = []convert.Note{
		{Source: at(3, "server.inet"), Fit: convert.Exact, To: "flag --web.listen-address=[::1]:8080"},
		{Source: at(5, "server.workers"), Fit: convert.Missing, Text: "Not needed: Go has no workers."},
		{Source: at(9, "metrics.poll_retry"), Fit: convert.Differs, To: "exporter.yml: defaults.poll.retries", Text: "Was in seconds; snake_case stays, *stars* and _lines_ don't count."},
		{Source: at(12, "metrics.poll_interval"), Fit: convert.Exact, To: "exporter.yml: defaults.poll.interval"},
	}
	testkit.Golden(t, "report.md", reported(t, r))
	require.Equal(t, "pharos '--config.dir=/etc/it'\\''s' '--web.listen-address=[::1]:8080'", r.Start("/etc/it's"))
	r.Runs, r.Notes = "pharos_exporter", nil
	require.Equal(t, "pharos_exporter --config.file=/etc/pharos/exporter.yml", r.Start("/etc/pharos"))
}

// TestReportTellsOfAbsolutePaths: a folder that was copied would not find its secrets.
func TestReportTellsOfAbsolutePaths(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	for path, want := range map[string]bool{filepath.Join(dir, "smtp.password"): true, "smtp.password": false} {
		apply(t, dir, result(file("alertmanager.yml", "smtp_auth_password_file: "+path), secret("smtp.password", "hunter2")))
		text, err := os.ReadFile(filepath.Join(dir, convert.ReportFile))
		require.NoError(t, err)
		require.Equal(t, want, strings.Contains(string(text), "* `smtp.password`\n\n`alertmanager.yml` names those that it needs by absolute paths, below `"+dir+"`. If"), path)
	}
}

// TestHostileTextStaysInItsCell puts what breaks Markdown into every text of a note, and reads
// the report as Markdown.
func TestHostileTextStaysInItsCell(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"a | b", "`", "``` | `", "\\", "\\|", "*a* _b_ ~~c~~", "[x](javascript:alert(1))", "![x](http://evil)", "<script>alert(1)</script>",
		"&lt;", "a\n\n# b", "a\r\n| b |", "\x1b[31m", "\u202egnp", "\xff", "---", "# x", "1. x", "    x", "$x$", "", "|", "`|`",
	} {
		r := result()
		r.Notes = []convert.Note{
			{Source: convert.Source{File: bad, Line: 3, Key: bad}, Fit: convert.Missing, To: bad, Text: bad},
			{Source: at(4, "after"), Fit: convert.Missing, To: "after", Text: "after"},
		}
		text := reported(t, r)
		require.NotContains(t, string(text), "\x1b")
		require.NotContains(t, string(text), "\u202e")
		require.Equal(t, 2, rows(t, text), "%q\n%s", bad, text)
	}
}

// rows counts the rows of the only table, and refuses all that a hostile text would like to be.
func rows(t *testing.T, source []byte) (n int) {
	t.Helper()
	doc := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough)).Parser().Parse(text.NewReader(source))
	require.NoError(t, ast.Walk(doc, func(node ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch node.(type) {
		case *extensionast.TableRow:
			n++
			require.Equal(t, 4, node.ChildCount())
		case *ast.Link, *ast.Image, *ast.RawHTML, *ast.HTMLBlock, *ast.Emphasis, *ast.ListItem, *extensionast.Strikethrough:
			t.Errorf("a %s in\n%s", node.Kind(), source)
		}
		return ast.WalkContinue, nil
	}))
	return n
}

func TestErrors(t *testing.T) {
	t.Parallel()
	require.NoError(t, convert.Errors{}.Err())
	all := convert.Errors{{File: "config.cfg", Line: 7, Key: "b", Msg: "is bad"}, {File: "config.cfg", Line: 2, Msg: "is worse"}, {File: "config.cfg", Msg: "is empty"}}
	require.EqualError(t, all.Err(), "config.cfg: is empty\nconfig.cfg:2: is worse\nconfig.cfg:7: b: is bad")
	require.Equal(t, "exact differs missing Fit(9)", strings.Join([]string{convert.Exact.String(), convert.Differs.String(), convert.Missing.String(), convert.Fit(9).String()}, " "))
	require.Equal(t, "a.b, config.cfg:3", at(3, "a.b").String())
	require.Equal(t, "config.cfg", at(0, "").String())
}
