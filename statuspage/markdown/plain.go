// SPDX-License-Identifier: Apache-2.0

package markdown

import (
	"fmt"
	"strings"

	"github.com/yuin/goldmark/ast"
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
		p.out.Write(n.Segment.Value(p.source))
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
