// SPDX-License-Identifier: Apache-2.0

package markdown_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/pharos-status/pharos/statuspage/markdown"
)

func TestHTML(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"paragraphs":     {"One\ntwo\n\nThree", "<p>One\ntwo</p>\n<p>Three</p>\n"},
		"emphasis":       {"**bold** *slanted* ~~gone~~ `code`", "<p><strong>bold</strong> <em>slanted</em> <del>gone</del> <code>code</code></p>\n"},
		"heading":        {"# Top\n\n### Deep", "<h4>Top</h4>\n<h6>Deep</h6>\n"},
		"list":           {"1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>\n"},
		"link":           {"[status](https://example.com/?a=1&b=2)", `<p><a href="https://example.com/?a=1&amp;b=2" rel="nofollow noopener">status</a></p>` + "\n"},
		"bare link":      {"see https://example.com/x.", `<p>see <a href="https://example.com/x" rel="nofollow noopener">https://example.com/x</a>.</p>` + "\n"},
		"mail":           {"<help@example.com>", `<p><a href="mailto:help@example.com" rel="nofollow noopener">help@example.com</a></p>` + "\n"},
		"script link":    {"[click](javascript:alert(1))", "<p>click</p>\n"},
		"data link":      {"[click](data:text/html;base64,xyz)", "<p>click</p>\n"},
		"autolink":       {"<javascript:alert(1)>", "<p>javascript:alert(1)</p>\n"},
		"relative link":  {"[click](/manager/)", "<p>click</p>\n"},
		"image":          {"![a graph](https://example.com/g.png)", `<p><a href="https://example.com/g.png" rel="nofollow noopener">a graph</a></p>` + "\n"},
		"nameless image": {"![](https://example.com/g.png)", `<p><a href="https://example.com/g.png" rel="nofollow noopener">https://example.com/g.png</a></p>` + "\n"},
		"image in link":  {"[![x](https://a.example/i.png)](javascript:y)", `<p><a href="https://a.example/i.png" rel="nofollow noopener">x</a></p>` + "\n"},
		"raw inline":     {"a <b onclick=x>c</b>", "<p>a &lt;b onclick=x&gt;c&lt;/b&gt;</p>\n"},
		"raw block":      {"<script>\nalert(1)\n</script>", "<p>&lt;script&gt;\nalert(1)\n&lt;/script&gt;</p>\n"},
		"entity":         {"&lt;b&gt; & &amp;", "<p>&lt;b&gt; &amp; &amp;</p>\n"},
		"empty":          {"", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, string(markdown.HTML(c.text)))
		})
	}
}

func TestPlain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ text, want string }{
		"marks":   {"# Top\n\n**bold** and `code`", "Top\nbold and code"},
		"lists":   {"* a\n* b\n\n3. c\n4. d", "• a\n• b\n3. c\n4. d"},
		"links":   {"[status](https://example.com/) <https://b.example/>", "status (https://example.com/) https://b.example/"},
		"unsafe":  {"[status](javascript:x)", "status"},
		"raw":     {"a <b>c</b>", "a <b>c</b>"},
		"comment": {"<!-- a\nb -->", "<!-- a\nb -->"},
		"code":    {"```\nx\ny\n```", "x\ny"},
		"empty":   {" \n", ""},
		"escapes": {"\\*a\\* 1\\. \\&amp; &lt;&#228; `\\*&lt;`", "*a* 1. &amp; <ä \\*&lt;"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, markdown.Plain(c.text))
		})
	}
}

// FuzzHTML looks for a text that brings in an element, an attribute or an address
// that it must not.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{
		"# h\n\n* a\n  * b\n\n> q\n\n---\n", "[a](https://b 'c\"d') ![e](f) <https://g>", "<script>x</script>\n\n<b>c", "`` ` ``\n\n    code\n\n~~~ lang\" onx=\n~~~\n",
		"[a]: javascript:x\n\n[a] [b](JaVaScRiPt:y) [c](&#106;avascript:z) [d](\x01javascript:x)", "https://a.example/\"onx=1 www.b.example\n\n[a](mailto:b?c=<d>)", "![![x](y)](z)",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		markdown.Plain(text)
		root, err := html.Parse(strings.NewReader("<!DOCTYPE html><body>" + string(markdown.HTML(text))))
		require.NoError(t, err)
		for n := range root.Descendants() {
			if n.Type == html.ElementNode {
				check(t, n)
			}
			require.NotEqual(t, html.CommentNode, n.Type)
		}
	})
}

func check(t *testing.T, n *html.Node) {
	t.Helper()
	allowed := " html head body p h4 h5 h6 ul ol li a em strong del code pre blockquote hr br "
	require.Contains(t, allowed, " "+n.Data+" ")
	for _, a := range n.Attr {
		switch n.Data + " " + a.Key {
		case "a href":
			require.Regexp(t, `^(?i)(https?://|mailto:)`, a.Val)
		case "a rel":
			require.Equal(t, "nofollow noopener", a.Val)
		case "code class":
			require.Regexp(t, `^language-`, a.Val)
		case "ol start":
			require.Regexp(t, `^\d+$`, a.Val)
		default:
			t.Fatalf("attribute %s of %s is %q", a.Key, n.Data, a.Val)
		}
	}
}
