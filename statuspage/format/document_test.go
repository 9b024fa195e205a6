// SPDX-License-Identifier: Apache-2.0

package format_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"

	"github.com/pharos-status/pharos/statuspage"
	"github.com/pharos-status/pharos/statuspage/format"
)

// checkDocument reads a document as a reader of Markdown does: it has no HTML, no
// pictures, and leads nowhere else.
func checkDocument(t testing.TB, got []byte) {
	t.Helper()
	root := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(got))
	require.NoError(t, ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock:
			require.Fail(t, "HTML in the document", "%s", got)
		case *ast.Image, *ast.AutoLink, *ast.CodeSpan, *ast.FencedCodeBlock, *ast.CodeBlock, *ast.ThematicBreak:
			require.Fail(t, "a label means something", "%s: %s", n.Kind(), got)
		case *ast.Link:
			require.Regexp(t, `^https://status\.example\.com/`, string(n.Destination))
		case *ast.List:
			require.False(t, n.IsOrdered(), "%s", got)
			require.IsType(t, &ast.Document{}, n.Parent(), "%s", got)
		}
		return ast.WalkContinue, nil
	}))
}

func TestLabelsAreNoMarkdown(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"- x", "1. x", "12) x", "+ x", "# x", "> x", "***", "---", "===", "`x`", "[x](y)", "<b>", "&lt;b>", "\\", "| a | b |", "~~~", "    x", "_x_", "![x](y)", "<https://evil.example>"} {
		checkDocument(t, render(t, format.Markdown, hostile(label), options()))
	}
}

func TestDocumentOfNothing(t *testing.T) {
	t.Parallel()
	require.Contains(t, string(render(t, format.Markdown, statuspage.Page{Built: now()}, options())), "# Status Page\n")
}
