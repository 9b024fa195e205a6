// SPDX-License-Identifier: Apache-2.0

package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports reads the imports of every Go file of the module, and holds them
// and the table to each other: what the table allows is there, too.
func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	files := 0
	seen := imports{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipDir(root, path, d)
		}
		if strings.HasSuffix(path, ".go") {
			rel, _ := filepath.Rel(root, path)
			checkFile(t, path, filepath.ToSlash(rel), seen)
			files++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 10 {
		t.Fatalf("read %d files: the test looks in the wrong place", files)
	}
	checkUsed(t, rules, func(from, imported string) bool { return seen[edge{from, imported, false}] })
	checkUsed(t, ofTests, func(from, imported string) bool {
		return seen[edge{from, imported, true}] && !seen[edge{from, imported, false}]
	})
}

// imports are those that were seen, and whether by a test.
type (
	imports map[edge]bool
	edge    struct {
		from, imported string
		test           bool
	}
)

// checkUsed holds the table to the code: what it allows is there.
func checkUsed(t *testing.T, table map[string][]string, used func(from, imported string) bool) {
	t.Helper()
	for from, allowed := range table {
		for _, imported := range allowed {
			if !used(from, imported) {
				t.Errorf("%s does not import %s: take it out of the table in internal/arch/arch.go", from, imported)
			}
		}
	}
}

// skipDir leaves out nested modules, and what is no source of ours.
func skipDir(root, path string, d fs.DirEntry) error {
	if path == root {
		return nil
	}
	if name := d.Name(); strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "data" {
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func checkFile(t *testing.T, path, rel string, seen imports) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if ours, ok := strings.CutPrefix(imported, Module); ok {
			checkOurs(t, rel, ours)
			seen[edge{filepath.ToSlash(filepath.Dir(rel)), ours, strings.HasSuffix(rel, "_test.go")}] = true
		} else if !strings.HasSuffix(rel, "_test.go") && !strings.HasPrefix(rel, "internal/testkit/") {
			checkOutside(t, rel, imported)
		}
	}
}

func checkOurs(t *testing.T, rel, imported string) {
	t.Helper()
	from := filepath.ToSlash(filepath.Dir(rel))
	if strings.HasPrefix(imported, "cmd/") {
		t.Errorf("%s imports %s: nothing imports a command", rel, imported)
		return
	}
	test := strings.HasSuffix(rel, "_test.go")
	if test && (slices.Contains(testsOnly, imported) || imported == from) {
		return
	}
	if strings.HasPrefix(from, "cmd/") || slices.Contains(everyone, imported) {
		return
	}
	allowed, known := rules[from]
	if !known {
		t.Errorf("%s: package %s is not in the table of internal/arch/arch.go", rel, from)
		return
	}
	if !slices.Contains(allowed, imported) && (!test || !slices.Contains(ofTests[from], imported)) {
		t.Errorf("%s imports %s: the table in internal/arch/arch.go does not let it", rel, imported)
	}
}

func checkOutside(t *testing.T, rel, imported string) {
	t.Helper()
	for _, r := range restricted {
		if !strings.HasPrefix(imported, r.prefix) {
			continue
		}
		if !slices.ContainsFunc(r.allowed, func(a string) bool { return strings.HasPrefix(rel, a) }) {
			t.Errorf("%s imports %s: %s", rel, imported, r.why)
		}
	}
}
