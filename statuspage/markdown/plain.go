// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark/ast"
	renderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// plain collects the text of a document.
type plain struct {
	source []byte
	out    strings.Builder
}

func (p *plain) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		p.enter(n)
	} else {
		p.leave(n)
	}
	return ast.WalkContinue, nil
}

func (p *plain) enter(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		p.text(n)
		if n.SoftLineBreak() || n.HardLineBreak() {
			p.out.WriteByte('\n')
		}
	case *ast.String:
		p.out.Write(n.Value)
	case *ast.AutoLink:
		p.out.Write(n.Label(p.source))
	case *ast.RawHTML:
		p.lines(n.Segments)
	case *ast.ListItem:
		p.out.WriteString(marker(n))
	case *ast.CodeBlock, *ast.FencedCodeBlock, *ast.HTMLBlock:
		p.lines(n.Lines())
	}
}

func (p *plain) leave(n ast.Node) {
	switch n := n.(type) {
	case *ast.Link:
		if len(n.Destination) > 0 {
			p.out.WriteString(" (" + string(n.Destination) + ")")
		}
	case *ast.HTMLBlock:
		if n.HasClosure() {
			p.out.Write(n.ClosureLine.Value(p.source))
		}
	case *ast.Paragraph, *ast.Heading, *ast.TextBlock, *ast.CodeBlock, *ast.FencedCodeBlock:
		p.out.WriteByte('\n')
	}
}

// text writes what a visitor of the HTML would read: without the escapes of Markdown,
// and entities as the signs that they are. In code both are themselves.
func (p *plain) text(n *ast.Text) {
	value := n.Segment.Value(p.source)
	if _, code := n.Parent().(*ast.CodeSpan); code || n.IsRaw() {
		p.out.Write(value)
		return
	}
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	renderer.DefaultWriter.Write(w, value)
	_ = w.Flush() // into memory
	p.out.WriteString(html.UnescapeString(b.String()))
}

func (p *plain) lines(lines *text.Segments) {
	for i := range lines.Len() {
		segment := lines.At(i)
		p.out.Write(segment.Value(p.source))
	}
}

// marker returns what stands before an item of a list.
func marker(item *ast.ListItem) string {
	list, ok := item.Parent().(*ast.List)
	if !ok || !list.IsOrdered() {
		return "• "
	}
	number := list.Start
	for before := item.PreviousSibling(); before != nil; before = before.PreviousSibling() {
		number++
	}
	return fmt.Sprintf("%d. ", number)
}
