// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
)

func result(files ...convert.File) convert.Result {
	return convert.Result{Program: "Vigil", Files: files}
}

func file(name, text string) convert.File { return convert.File{Name: name, Data: []byte(text)} }

func secret(name, text string) convert.File {
	return convert.File{Name: name, Data: []byte(text), Secret: true}
}

func plan(t *testing.T, dir string, r convert.Result) *convert.Plan {
	t.Helper()
	p, err := convert.NewPlan(dir, r)
	require.NoError(t, err)
	return p
}

func apply(t *testing.T, dir string, r convert.Result) {
	t.Helper()
	require.NoError(t, plan(t, dir, r).Apply())
}

// tree returns the files below a folder with their modes and texts, but for what the
// package writes for itself and for people.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := everything(t, dir)
	delete(all, "MOVING.md")
	delete(all, ".pharos-convert.json")
	return all
}

func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(path)
			all[name] = "-> " + to
			return err
		}
		text, err := os.ReadFile(path)
		all[name] = info.Mode().Perm().String() + " " + string(text)
		return err
	}))
	return all
}

func TestConvertingTwiceWritesTheSame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "config")
	r := result(file("exporter.yml", "a"), secret("reporter.token", "s"), file("templates/x.tmpl", "t"))
	p := plan(t, dir, r)
	require.Equal(t, []string{"MOVING.md", "exporter.yml", "reporter.token", "templates/x.tmpl", ".pharos-convert.json"}, p.Write)
	require.NoDirExists(t, filepath.Dir(dir), "planning writes nothing")
	require.NoError(t, p.Apply())
	first := everything(t, dir)
	require.Equal(t, map[string]string{"exporter.yml": "-rw-r--r-- a", "reporter.token": "-rw------- s", "templates/x.tmpl": "-rw-r--r-- t"}, tree(t, dir))
	require.Equal(t, "-rw-------", first[".pharos-convert.json"][:10])

	again := plan(t, dir, r)
	require.Empty(t, again.Write)
	require.Len(t, again.Same, 5)
	require.NoError(t, again.Apply())
	require.Equal(t, first, everything(t, dir))
	require.Len(t, entries(t, filepath.Dir(dir)), 1, "nothing is left behind")
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

func TestAFolderWithOtherFilesIsFine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte("mine"), 0o640))
	apply(t, dir, result(file("exporter.yml", "a")))
	require.Equal(t, map[string]string{"exporter.yml": "-rw-r--r-- a", "prometheus.yml": "-rw-r----- mine"}, tree(t, dir))
}

func TestWhatChangedIsReplacedAndWhatIsStaleRemoved(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	apply(t, dir, result(file("exporter.yml", "a"), secret("slack.url", "s"), file("bridge.yml", "b"), file("statuspage.yml", "p")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bridge.yml"), []byte("mine now"), 0o600))

	p := plan(t, dir, result(file("exporter.yml", "new"), file("statuspage.yml", "p")))
	require.Equal(t, []string{"slack.url"}, p.Stale)
	require.Equal(t, []string{"bridge.yml"}, p.Left)
	require.Empty(t, p.Edited)
	require.NoError(t, p.Apply())
	require.Equal(t, map[string]string{"exporter.yml": "-rw-r--r-- new", "bridge.yml": "-rw-r--r-- mine now", "statuspage.yml": "-rw-r--r-- p"}, tree(t, dir))
}

func TestWhatWasEditedIsNotOverwritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	apply(t, dir, result(file("exporter.yml", "a"), secret("reporter.token", "s")))
	for _, name := range []string{"exporter.yml", "reporter.token"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("edited"), 0o600))
	}
	before := everything(t, dir)
	next := result(file("exporter.yml", "b"), secret("reporter.token", "t"), file("bridge.yml", "b"))

	p := plan(t, dir, next)
	var edited *convert.EditedError
	require.ErrorAs(t, p.Apply(), &edited)
	require.Equal(t, []string{"exporter.yml", "reporter.token"}, edited.Names)
	require.EqualError(t, edited, dir+": edited since, or not written by this program: exporter.yml, reporter.token; nothing was written. "+
		"With --force they are overwritten, and kept as NAME.bak")
	require.Equal(t, before, everything(t, dir))

	p.Force = true
	require.NoError(t, p.Apply())
	require.Equal(t, map[string]string{
		"exporter.yml": "-rw-r--r-- b", "exporter.yml.bak": "-rw-r--r-- edited", "bridge.yml": "-rw-r--r-- b",
		"reporter.token": "-rw------- t", "reporter.token.bak": "-rw------- edited",
	}, tree(t, dir))

	// What was kept is not lost the next time.
	require.NoError(t, os.WriteFile(filepath.Join(dir, "exporter.yml"), []byte("edited again"), 0o600))
	p = plan(t, dir, next)
	require.Equal(t, []convert.Edit{{Name: "exporter.yml", Backup: "exporter.yml.bak2"}}, p.Edited)
	p.Force = true
	require.NoError(t, p.Apply())
	require.Equal(t, "-rw-r--r-- edited", tree(t, dir)["exporter.yml.bak"])
	require.Equal(t, "-rw-r--r-- edited again", tree(t, dir)["exporter.yml.bak2"])
}

func TestWhatWasMadeFromAnotherProgramCountsAsEdited(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "config")
	apply(t, dir, result(file("exporter.yml", "a"), file("bridge.yml", "b")))
	r := result(file("exporter.yml", "c"))
	r.Program = "Gatus"

	p := plan(t, dir, r)
	require.Equal(t, []string{"MOVING.md", "exporter.yml"}, namesOf(p.Edited))
	require.Empty(t, p.Stale)
	require.Error(t, p.Apply())
}

func namesOf(edits []convert.Edit) (names []string) {
	for _, e := range edits {
		names = append(names, e.Name)
	}
	return names
}

func TestSecretsAreForTheirOwnerAlone(t *testing.T) { //nolint:paralleltest // the umask is that of the process
	defer syscall.Umask(syscall.Umask(0))
	dir := filepath.Join(t.TempDir(), "config")
	apply(t, dir, result(secret("slack.url", "s"), file("exporter.yml", "a")))
	require.Equal(t, map[string]string{"slack.url": "-rw------- s", "exporter.yml": "-rw-r--r-- a"}, tree(t, dir))
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), info.Mode().Perm())

	require.NoError(t, os.Chmod(filepath.Join(dir, "slack.url"), 0o644))
	apply(t, dir, result(secret("slack.url", "s"), file("exporter.yml", "a")))
	require.Equal(t, "-rw------- s", tree(t, dir)["slack.url"], "one that everybody could read is written anew")

	// Whoever runs pharos as another user has let its group read them.
	require.NoError(t, os.Chmod(filepath.Join(dir, "slack.url"), 0o640))
	require.NoError(t, os.Chmod(filepath.Join(dir, "exporter.yml"), 0o640))
	apply(t, dir, result(secret("slack.url", "new"), file("exporter.yml", "new")))
	require.Equal(t, map[string]string{"slack.url": "-rw-r----- new", "exporter.yml": "-rw-r----- new"}, tree(t, dir))
}

func TestLinksAreNotFollowed(t *testing.T) {
	t.Parallel()
	outside, dir := t.TempDir(), t.TempDir()
	victim := filepath.Join(outside, "victim")
	require.NoError(t, os.WriteFile(victim, []byte("precious"), 0o644))
	require.NoError(t, os.Symlink(victim, filepath.Join(dir, "exporter.yml")))
	require.NoError(t, os.Symlink(filepath.Join(dir, "nowhere"), filepath.Join(dir, "bridge.yml")))

	p := plan(t, dir, result(file("exporter.yml", "precious"), file("bridge.yml", "b")))
	require.Equal(t, []string{"bridge.yml", "exporter.yml"}, namesOf(p.Edited))
	p.Force = true
	require.NoError(t, p.Apply())
	require.Equal(t, map[string]string{
		"exporter.yml": "-rw-r--r-- precious", "exporter.yml.bak": "-> " + victim,
		"bridge.yml": "-rw-r--r-- b", "bridge.yml.bak": "-> " + filepath.Join(dir, "nowhere"),
	}, tree(t, dir))
	text, err := os.ReadFile(victim)
	require.NoError(t, err)
	require.Equal(t, "precious", string(text))

	// A folder that leads outside is none to write to.
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "templates")))
	_, err = convert.NewPlan(dir, result(file("templates/x.tmpl", "x")))
	require.ErrorContains(t, err, "path escapes from parent")
	require.Equal(t, []string{"victim"}, entries(t, outside))
}

func TestWhatCannotBeWrittenChangesNothing(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300) // longer than a file name may be
	for name, test := range map[string]struct {
		spoil func(t *testing.T, dir string) // after the plan was made
		want  string
	}{
		"before the files are put into place": {func(*testing.T, string) {}, "file name too long"},
		"while they are": {func(t *testing.T, dir string) {
			t.Helper()
			require.NoError(t, os.MkdirAll(filepath.Join(dir, "z.yml", "folder"), 0o755))
		}, "z.yml has become a folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "config")
			apply(t, dir, result(file("a.yml", "a"), file("b.yml", "b")))
			require.NoError(t, os.WriteFile(filepath.Join(dir, "b.yml"), []byte("edited"), 0o644))
			r := result(file("a.yml", "new"), file("b.yml", "new"), file("c/c.yml", "c"), file("z.yml", "z"))
			if name == "before the files are put into place" {
				r.Files = append(r.Files, file("d/"+long, "d"))
			}
			before := tree(t, dir)
			p, err := convert.NewPlan(dir, r)
			if err == nil {
				test.spoil(t, dir)
				p.Force = true
				err = p.Apply()
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, before, tree(t, dir))
			require.NotContains(t, strings.Join(entries(t, dir), " "), "tmp")
			require.NoDirExists(t, filepath.Join(dir, "c"))
		})
	}
}

func TestAFolderThatCannotBeFilledIsNotThere(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "new", "config")
	err := plan(t, dir, result(file("exporter.yml", "a"), file(strings.Repeat("x", 300), "d"))).Apply()
	require.ErrorContains(t, err, "file name too long")
	require.ErrorContains(t, err, "nothing was changed")
	require.Empty(t, entries(t, top))
}

func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	dir := filepath.Join(top, "config")
	apply(t, dir, result(file("exporter.yml", "a")))
	require.NoError(t, os.Chmod(dir, 0o555))
	t.Cleanup(func() { _ = os.Chmod(dir, 0o755) })
	before := everything(t, dir)
	fresh := plan(t, filepath.Join(dir, "below"), result(file("exporter.yml", "b")))
	p := plan(t, dir, result(file("exporter.yml", "b")))

	asNobody(t, func() {
		require.ErrorIs(t, p.Apply(), fs.ErrPermission)
		require.ErrorIs(t, fresh.Apply(), fs.ErrPermission)
	})
	require.Equal(t, before, everything(t, dir))
}

// asNobody does something without the rights of root on files, where the test has them.
// They are given up by the thread, which is not used again.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		const nobody = 65534
		if err := syscall.Setfsuid(nobody); err != nil {
			t.Error(err)
			return
		}
		do()
	}()
	<-done
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"", ".", "../x", "/etc/x", "a/../b", "MOVING.md", ".pharos-convert.json"} {
		_, err := convert.NewPlan(dir, result(file(name, "")))
		require.Error(t, err, name)
	}
	_, err := convert.NewPlan(dir, result(file("a", ""), file("a", "")))
	require.Error(t, err)

	require.NoError(t, os.Mkdir(filepath.Join(dir, "exporter.yml"), 0o755))
	_, err = convert.NewPlan(dir, result(file("exporter.yml", "")))
	require.EqualError(t, err, filepath.Join(dir, "exporter.yml")+" is a folder; move it away, or choose another folder to write to")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	_, err = convert.NewPlan(filepath.Join(dir, "file"), result())
	require.EqualError(t, err, filepath.Join(dir, "file")+" is a file; name a folder")

	require.NoError(t, os.WriteFile(filepath.Join(dir, ".pharos-convert.json"), []byte("{"), 0o600))
	_, err = convert.NewPlan(dir, result())
	require.ErrorContains(t, err, ".pharos-convert.json is damaged (unexpected end of JSON input); remove it, and convert with --force if the files are to be overwritten")
}
