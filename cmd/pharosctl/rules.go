// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/pharos-status/pharos/internal/app"
	"github.com/pharos-status/pharos/internal/atomicfile"
	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/rules/alerting"
	"github.com/pharos-status/pharos/rules/generate"
)

const rulesHelp = `Write what alerting.yml becomes, for a Prometheus and an Alertmanager of your own.

Reads alerting.yml and alertmanager.yml of the configuration folder, where they
are there, and checks them as Alertmanager does. Writes OUT/rules/*.rules.yml,
which Prometheus loads by rule_files, OUT/rules/native/*.rules.yml, which need
Prometheus 3, and OUT/alertmanager.yml: yours, with the routes, inhibit rules and
quiet hours that alerting.yml asks for. Names of files in it that are relative
begin in OUT.

What was written before is replaced, or removed if it is no longer asked for; a
file that somebody else wrote is left alone. The program pharos needs none of
this: it does the same by itself.

  pharosctl rules generate --config.dir=/etc/pharos --out=/etc/pharos/generated`

// mark begins each file that this program writes, and may write again.
const mark = "# Written by pharosctl rules generate, which writes it again: change alerting.yml instead.\n"

// rulesCommand adds the subcommand rules generate.
func rulesCommand(cli *app.Command, stdout, _ io.Writer) actions {
	cmd := cli.Command("rules", "Rules and routes for a Prometheus and an Alertmanager of your own.").Command("generate", rulesHelp)
	dir := cmd.Flag("config.dir", "The configuration folder.").Default(".").String()
	out := cmd.Flag("out", "The folder to write to; it is made if there is none.").Default("generated").String()
	return actions{cmd.FullCommand(): func(context.Context) error { return generateRules(*dir, *out, stdout) }}
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
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if written, err := ours(filepath.Join(out, name)); err != nil {
			return err
		} else if !written {
			return fmt.Errorf("%s is there, and not written by this program; move it away, or choose another folder by --out", filepath.Join(out, name))
		}
	}
	if err := os.MkdirAll(filepath.Join(out, native), 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := write(filepath.Join(out, name), files[name]); err != nil {
			return fmt.Errorf("write %s: %w", filepath.Join(out, name), err)
		}
		fmt.Fprintln(stdout, "wrote", filepath.Join(out, name)) //nolint:errcheck // nothing depends on it
	}
	if err := removeStale(out, files, stdout); err != nil {
		return err
	}
	return explain(out, stdout)
}

// native is the folder of the rules that only Prometheus 3 can load: it stops at a
// file that it can't.
const native = "rules/native"

// removeStale removes the rules that this program has written before, and not now.
func removeStale(out string, files map[string][]byte, stdout io.Writer) error {
	for _, dir := range []string{"rules", native} {
		there, err := os.ReadDir(filepath.Join(out, dir))
		if err != nil {
			return fmt.Errorf("look for what is no longer asked for: %w", err)
		}
		for _, entry := range there {
			name := path.Join(dir, entry.Name())
			if _, now := files[name]; now || !strings.HasSuffix(name, ".rules.yml") {
				continue
			}
			if written, err := ours(filepath.Join(out, name)); err != nil {
				return err
			} else if !written {
				continue
			}
			if err := os.Remove(filepath.Join(out, name)); err != nil {
				return fmt.Errorf("remove what is no longer asked for: %w", err)
			}
			fmt.Fprintln(stdout, "removed", filepath.Join(out, name)) //nolint:errcheck // nothing depends on it
		}
	}
	return nil
}

// generated returns the files by their names below the folder to write to.
func generated(dir string) (map[string][]byte, error) {
	c, err := check.Alerting(filepath.Join(dir, "alerting.yml"))
	if err != nil {
		return nil, err
	}
	rules, err := generate.Rules(c)
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, text := range rules {
		folder := "rules"
		if strings.HasSuffix(name, "-native.rules.yml") {
			folder = native
		}
		files[path.Join(folder, name)] = text
	}
	files["alertmanager.yml"], err = routed(filepath.Join(dir, "alertmanager.yml"), c)
	return files, err
}

// routed returns the configuration of Alertmanager in a file with what c asks for. Both
// are checked as Alertmanager does.
func routed(file string, c *alerting.Config) ([]byte, error) {
	base, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the receivers: %w", err)
	}
	if bytes.HasPrefix(base, []byte(mark)) {
		return nil, fmt.Errorf("%s is what this program has written; put your own in its place", file)
	}
	if _, err := check.Alertmanager(file, c); err != nil {
		return nil, err
	}
	return generate.Alertmanager(c, file, base)
}

// ours tells whether this program may write a file: it is not there, or was written
// by it.
func ours(path string) (bool, error) {
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	} else if err != nil {
		return false, fmt.Errorf("look at what is there: %w", err)
	}
	defer in.Close() //nolint:errcheck // only read
	head := make([]byte, len(mark))
	_, err = io.ReadFull(in, head)
	return err == nil && string(head) == mark, nil
}

// write replaces a file. A configuration of Alertmanager may hold secrets: it stays
// readable to those who could read it, and is one's own at first.
func write(path string, text []byte) error {
	mode := fs.FileMode(0o644)
	before, err := os.Stat(path)
	if filepath.Base(path) == "alertmanager.yml" {
		mode = 0o600
		if err == nil {
			mode = before.Mode().Perm()
		}
	}
	return atomicfile.Write(path, mode, func(w io.Writer) error {
		if f, ok := w.(*os.File); ok && before != nil {
			keepOwner(f, before)
		}
		_, err := w.Write(append([]byte(mark), text...))
		return err
	})
}

// keepOwner gives a file to whom the one before it belonged, as far as that is
// allowed: root may do so, and others may keep a group that they are in.
func keepOwner(f *os.File, before fs.FileInfo) {
	owner, ok := before.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	if f.Chown(int(owner.Uid), int(owner.Gid)) != nil {
		_ = f.Chown(-1, int(owner.Gid)) // else it is one's own, as any new file
	}
}

// explain says what to do with what was written.
func explain(out string, stdout io.Writer) error {
	whole, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("name the folder: %w", err)
	}
	_, err = fmt.Fprintf(stdout, `
In prometheus.yml:
  rule_files:
    - %s
    - %s  # from Prometheus 3 on; an older one would not start
Alertmanager: --config.file=%s
Then have both reload: kill -HUP, or POST to /-/reload.
`, filepath.Join(whole, "rules", "*.rules.yml"), filepath.Join(whole, native, "*.rules.yml"), filepath.Join(whole, "alertmanager.yml"))
	if err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}
