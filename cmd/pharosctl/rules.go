// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/atomicfile"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

const rulesHelp = `Write what alerting.yml becomes, for a Prometheus and an Alertmanager of your own.

Reads alerting.yml and alertmanager.yml of the configuration folder, where they
are there. Writes OUT/rules/*.rules.yml, which Prometheus loads by rule_files, and
OUT/alertmanager.yml: yours, with the routes, inhibit rules and quiet hours that
alerting.yml asks for. Names of files in it that are relative begin in OUT.

What was written before is replaced; a file that somebody else wrote is not. The
program pharos needs none of this: it does the same by itself.

  pharosctl rules generate --config.dir=/etc/pharos --out=/etc/pharos/generated`

// mark begins each file that this program writes, and may write again.
const mark = "# Written by pharosctl rules generate, which writes it again: change alerting.yml instead.\n"

// rulesCommand adds the subcommand rules generate.
func rulesCommand(cli *app.Command, stdout io.Writer) (name string, action func() error) {
	cmd := cli.Command("rules", "Rules and routes.").Command("generate", rulesHelp)
	dir := cmd.Flag("config.dir", "The configuration folder.").Default(".").String()
	out := cmd.Flag("out", "The folder to write to; it is made if there is none.").Default("generated").String()
	return cmd.FullCommand(), func() error { return generateRules(*dir, *out, stdout) }
}

// generateRules writes nothing unless everything can be written.
func generateRules(dir, out string, stdout io.Writer) error {
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("read the configuration folder: %w", err)
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file; name the folder that holds it", dir)
	}
	files, err := generated(dir)
	if err != nil {
		return err
	}
	stale := filepath.Join("rules", generate.RemindersFile)
	for _, name := range append(slices.Sorted(maps.Keys(files)), stale) {
		if err := ours(filepath.Join(out, name)); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(filepath.Join(out, "rules"), 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := write(filepath.Join(out, name), files[name]); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(out, name), err)
		}
		fmt.Fprintln(stdout, "wrote", filepath.Join(out, name)) //nolint:errcheck // nothing depends on it
	}
	if _, made := files[stale]; !made {
		switch err := os.Remove(filepath.Join(out, stale)); {
		case err == nil:
			fmt.Fprintln(stdout, "removed", filepath.Join(out, stale)) //nolint:errcheck // nothing depends on it
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("remove what is no longer asked for: %w", err)
		}
	}
	return explain(out, stdout)
}

// generated returns the files by their names below the folder to write to.
func generated(dir string) (map[string][]byte, error) {
	c, err := alerting.Load(filepath.Join(dir, "alerting.yml"))
	if errors.Is(err, fs.ErrNotExist) {
		c, err = alerting.Default(), nil
	}
	if err != nil {
		return nil, err
	}
	rules, err := generate.Rules(c)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, text := range rules {
		files[filepath.Join("rules", name)] = text
	}
	path := filepath.Join(dir, "alertmanager.yml")
	base, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the receivers: %w", err)
	}
	if bytes.HasPrefix(base, []byte(mark)) {
		return nil, fmt.Errorf("%s is what this program has written; put your own in its place", path)
	}
	files["alertmanager.yml"], err = generate.Alertmanager(c, path, base)
	return files, err
}

// ours refuses a file that is there and was written by somebody else.
func ours(path string) error {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return fmt.Errorf("look at what is there: %w", err)
	}
	defer in.Close() //nolint:errcheck // only read
	head := make([]byte, len(mark))
	if _, err := io.ReadFull(in, head); err != nil || string(head) != mark {
		return fmt.Errorf("%s is there, and not written by this program; move it away, or choose another folder by --out", path)
	}
	return nil
}

// write replaces a file. A configuration of Alertmanager may hold secrets: it stays
// readable to those who could read it, and is one's own at first.
func write(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	if filepath.Base(path) == "alertmanager.yml" {
		mode = 0o600
		if info, err := os.Stat(path); err == nil {
			mode = info.Mode().Perm()
		}
	}
	return atomicfile.Write(path, mode, func(w io.Writer) error {
		_, err := w.Write(append([]byte(mark), text...))
		return err
	})
}

// explain says what to do with what was written.
func explain(out string, stdout io.Writer) error {
	whole, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("name the folder: %w", err)
	}
	_, err = fmt.Fprintf(stdout, `
In prometheus.yml (leave out *-native.rules.yml before Prometheus 3):
  rule_files: [%s]
Alertmanager: --config.file=%s
Then have both reload: kill -HUP, or POST to /-/reload.
`, filepath.Join(whole, "rules", "*.rules.yml"), filepath.Join(whole, "alertmanager.yml"))
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
