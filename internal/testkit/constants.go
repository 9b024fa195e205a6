// SPDX-License-Identifier: Apache-2.0

package testkit

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"path/filepath"
	"strings"
	"testing"
)

// Constants returns the values of the string constants of a package that imports
// nothing, such as internal/schema, so that no test has to list them again.
func Constants(t testing.TB, folder string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root(t), folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	pkg, err := new(types.Config).Check(folder, fset, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]bool{}
	for _, name := range pkg.Scope().Names() {
		if c, ok := pkg.Scope().Lookup(name).(*types.Const); ok && c.Val().Kind() == constant.String {
			values[constant.StringVal(c.Val())] = true
		}
	}
	if len(values) == 0 {
		t.Fatalf("%s has no string constants", folder)
	}
	return values
}
