// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// ReportFile is for those who move: what became of each setting.
const ReportFile = "MOVING.md"

// A chapter of the report has the notes of one fit.
type chapter struct {
	fit         Fit
	title, what string // what its notes say
}

func chapters() []chapter {
	return []chapter{
		{Missing, "What has no counterpart", "What to do"},
		{Differs, "What differs", "What differs"},
		{Exact, "What means the same", ""},
	}
}

// Of returns the notes of a fit, in the order of the source.
func (r Result) Of(fit Fit) (notes []Note) {
	for _, n := range r.Notes {
		if n.Fit == fit {
			notes = append(notes, n)
		}
	}
	return notes
}

// Start returns the command line that starts the program on the folder, for a shell,
// with the flags that settings have become.
func (r Result) Start(dir string) string {
	words := []string{"pharos", quoted("--config.dir=" + dir)}
	if r.Runs == "pharos_exporter" {
		words = []string{r.Runs, quoted("--config.file=" + filepath.Join(dir, "exporter.yml"))}
	}
	for _, n := range r.Notes {
		if flag, ok := strings.CutPrefix(n.To, "flag "); ok {
			words = append(words, quoted(flag))
		}
	}
	return strings.Join(words, " ")
}

// report tells people what became of each setting.
func (r Result) report(dir string) File {
	var b strings.Builder
	fmt.Fprintf(&b, "# Moved from %s\n\n", prose(r.Program))
	fmt.Fprintf(&b, "What became of each setting. Of %d settings %d mean the same, %d differ, and %d have no counterpart.\n",
		len(r.Notes), len(r.Of(Exact)), len(r.Of(Differs)), len(r.Of(Missing)))
	fmt.Fprintf(&b, "\n## To start\n\n    %s\n    %s\n", Line("pharosctl check "+quoted(dir)), Line(r.Start(dir)))
	r.listSecrets(&b, dir)
	for _, c := range chapters() {
		notes := r.Of(c.fit)
		if len(notes) == 0 {
			continue
		}
		head := []string{"Setting", "Line", "Now"}
		if c.what != "" {
			head = append(head, c.what)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s|%s\n", c.title, row(head), strings.Repeat("---|", len(head)))
		for _, n := range notes {
			cells := []string{code(n.Source.Key), code(Source{File: n.Source.File, Line: n.Source.Line}.String()), code(n.To), prose(n.Text)}
			b.WriteString(row(cells[:len(head)]))
		}
	}
	return File{Name: ReportFile, Data: []byte(b.String())}
}

func (r Result) listSecrets(b *strings.Builder, dir string) {
	secrets := slices.DeleteFunc(slices.Clone(r.Files), func(f File) bool { return !f.Secret })
	if len(secrets) == 0 {
		return
	}
	b.WriteString("\nFiles with secrets are for their owner alone. If pharos runs as another user, give them to that one:\n\n")
	for _, f := range secrets {
		fmt.Fprintf(b, "* %s\n", code(f.Name))
	}
	if slices.ContainsFunc(r.Files, func(f File) bool { return f.Name == "alertmanager.yml" && bytes.Contains(f.Data, []byte(dir)) }) {
		fmt.Fprintf(b, "\n%s names those that it needs by absolute paths, below %s. If the folder is to be elsewhere, in a container too, convert with %s set to where it will be, or change the paths.\n",
			code("alertmanager.yml"), code(dir), code("--out"))
	}
}

// row returns a row of a table.
func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// Line returns a text as one line that can be printed: whatever it holds, it neither
// moves the cursor of a terminal nor turns the direction of what follows.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return ' '
	}, text)
}

// prose returns a text that stands for itself in a cell of a table.
func prose(text string) string {
	var b strings.Builder
	runes := []rune(strings.TrimSpace(Line(text)))
	for i, r := range runes {
		within := i > 0 && i+1 < len(runes) && isWord(runes[i-1]) && isWord(runes[i+1])
		if strings.ContainsRune("\\`*[]<>|&~$", r) || r == '_' && !within {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func isWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// code returns a text as code in a cell of a table, in which only a bar has to be
// escaped, and a fence has to be longer than any within it.
func code(text string) string {
	text = strings.TrimSpace(Line(text))
	if text == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		text = " " + text + " "
	}
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
}

// quoted returns a word for a shell.
func quoted(word string) string {
	safe := func(r rune) bool {
		return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./=:,@%+", r))
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !safe(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
