// SPDX-License-Identifier: Apache-2.0

// Package markdown renders what operators write (CommonMark, with ~~strikethrough~~
// and bare links) so that nothing in it can do harm. What the texts are about is
// none of its business.
package markdown

import (
	"bytes"
	"html/template"
	"strings"
	"sync"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// topHeading is the level of the highest heading in a text: those above it are the
// page's own.
const topHeading = 4

// engine is made at the first use.
var engine = sync.OnceValue(func() goldmark.Markdown { //nolint:gochecknoglobals // made once, never changed
	return goldmark.New(
		goldmark.WithExtensions(extension.Strikethrough, extension.NewLinkify(extension.WithLinkifyAllowedProtocols([]string{"http:", "https:", "mailto:"}))),
		goldmark.WithParserOptions(parser.WithASTTransformers(util.Prioritized(tame{}, 1000))),
		goldmark.WithRendererOptions(renderer.WithNodeRenderers(util.Prioritized(escaper{}, 1))),
	)
})

// HTML renders Markdown. Raw HTML is shown as the text that it is; links that are
// not http, https or mailto lose their address; headings begin at level 4; images
// become links, so that a text makes no browser ask another site.
func HTML(source string) template.HTML {
	var b bytes.Buffer
	if err := engine().Convert([]byte(source), &b); err != nil {
		return template.HTML("<p>" + template.HTMLEscapeString(source) + "</p>\n") //nolint:gosec // escaped
	}
	return template.HTML(b.String()) //nolint:gosec // the engine escapes, and the tests and the fuzzer watch it
}

// Plain returns the text without its marks, a line for each block, for places that
// show no HTML. The address of a link follows its text in brackets.
func Plain(source string) string {
	src := []byte(source)
	p := plain{source: src}
	_ = ast.Walk(parse(src), p.visit) // visit has no errors
	return strings.TrimSpace(p.out.String())
}

func parse(source []byte) ast.Node { return engine().Parser().Parse(text.NewReader(source)) }

// tame changes what is parsed into what may be shown.
type tame struct{}

// Transform implements [parser.ASTTransformer].
func (tame) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.Level = min(n.Level+topHeading-1, 6)
		case *ast.Image:
			images = append(images, n)
		case *ast.Link:
			tameLink(n)
		case *ast.AutoLink:
			if safe(n.URL(reader.Source())) {
				n.SetAttributeString("rel", []byte("nofollow noopener"))
			}
		}
		return ast.WalkContinue, nil
	})
	for _, image := range images {
		link := ast.NewLink()
		link.Destination = image.Destination
		for child := image.FirstChild(); child != nil; child = image.FirstChild() {
			link.AppendChild(link, child)
		}
		if link.FirstChild() == nil {
			link.AppendChild(link, ast.NewString(image.Destination))
		}
		tameLink(link)
		image.Parent().ReplaceChild(image.Parent(), image, link)
	}
}

func tameLink(n *ast.Link) {
	if !safe(n.Destination) {
		n.Destination = nil
		return
	}
	n.SetAttributeString("rel", []byte("nofollow noopener"))
}

// safe tells whether a link may be followed: an absolute address that a browser
// opens, or writes to.
func safe(destination []byte) bool {
	d := strings.ToLower(string(destination))
	return strings.HasPrefix(d, "https://") || strings.HasPrefix(d, "http://") || strings.HasPrefix(d, "mailto:")
}

// escaper writes raw HTML as the text that it is, and links without an address as
// their text.
type escaper struct{}

// RegisterFuncs implements [renderer.NodeRenderer].
func (escaper) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindRawHTML, rawHTML)
	r.Register(ast.KindHTMLBlock, htmlBlock)
	r.Register(ast.KindLink, link)
	r.Register(ast.KindAutoLink, autoLink)
}

func rawHTML(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if entering {
		writeLines(w, source, n.(*ast.RawHTML).Segments) //nolint:forcetypeassert // registered for it
	}
	return ast.WalkSkipChildren, nil
}

func htmlBlock(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	block := n.(*ast.HTMLBlock) //nolint:forcetypeassert // registered for it
	if entering {
		_, _ = w.WriteString("<p>")
		writeLines(w, source, block.Lines())
		return ast.WalkContinue, nil
	}
	if block.HasClosure() {
		escape(w, block.ClosureLine.Value(source))
	}
	_, _ = w.WriteString("</p>\n")
	return ast.WalkContinue, nil
}

func writeLines(w util.BufWriter, source []byte, lines *text.Segments) {
	for i := range lines.Len() {
		segment := lines.At(i)
		escape(w, segment.Value(source))
	}
}

func link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	destination := n.(*ast.Link).Destination //nolint:forcetypeassert // registered for it
	anchor(w, destination, entering)
	return ast.WalkContinue, nil
}

func autoLink(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	auto := n.(*ast.AutoLink) //nolint:forcetypeassert // registered for it
	if !entering {
		return ast.WalkContinue, nil
	}
	destination := auto.URL(source)
	if auto.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(destination), []byte("mailto:")) {
		destination = append([]byte("mailto:"), destination...)
	}
	if !safe(destination) {
		destination = nil
	}
	anchor(w, destination, true)
	escape(w, auto.Label(source))
	anchor(w, destination, false)
	return ast.WalkContinue, nil
}

// anchor opens or closes a link; without a destination there is none.
func anchor(w util.BufWriter, destination []byte, open bool) {
	switch {
	case len(destination) == 0:
	case open:
		_, _ = w.WriteString(`<a href="`)
		escape(w, util.URLEscape(destination, false))
		_, _ = w.WriteString(`" rel="nofollow noopener">`)
	default:
		_, _ = w.WriteString("</a>")
	}
}

func escape(w util.BufWriter, b []byte) { template.HTMLEscape(w, b) }
