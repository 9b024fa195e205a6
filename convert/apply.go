// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// Refused returns an [EditedError] if something was edited, unless p.Force is set.
func (p *Plan) Refused() error {
	if len(p.Edited) == 0 || p.Force {
		return nil
	}
	e := &EditedError{Dir: p.Dir}
	for _, edit := range p.Edited {
		e.Names = append(e.Names, edit.Name)
	}
	return e
}

// stageFolder is the pattern of the names of folders in which files are made ready.
const stageFolder = ".pharos-convert.*.tmp"

// Apply does what is planned: all of it, or nothing. It fails as [Plan.Refused] does.
func (p *Plan) Apply() (err error) {
	if err := p.Refused(); err != nil {
		return err
	}
	if len(p.Write) == 0 && len(p.Stale) == 0 {
		return nil
	}
	home := p.Dir // of the folder that the files are put into at first
	if p.fresh {
		home = filepath.Dir(p.Dir)
		made, failed := makeFolders(home)
		if failed != nil {
			return failed
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, made.undo())
			}
		}()
	}
	stage, err := os.MkdirTemp(home, stageFolder)
	if err != nil {
		return fmt.Errorf("write the files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	if err := p.fill(stage); err != nil {
		return fmt.Errorf("write the files: %w; nothing was changed", err)
	}
	if p.fresh {
		return p.moveIn(stage)
	}
	return p.swap(filepath.Base(stage))
}

// moveIn makes what was put into the stage the folder.
func (p *Plan) moveIn(stage string) error {
	ready := filepath.Join(stage, "new")
	if err := os.Chmod(ready, 0o755); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	if err := os.Rename(ready, p.Dir); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	return nil
}

// fill writes the files to the folder new of the stage, which nobody else sees.
func (p *Plan) fill(stage string) error {
	if err := errors.Join(os.Mkdir(filepath.Join(stage, "new"), 0o700), os.Mkdir(filepath.Join(stage, "old"), 0o700)); err != nil {
		return err
	}
	root, err := os.OpenRoot(filepath.Join(stage, "new"))
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // it is a place, no file
	for _, f := range p.files {
		if !slices.Contains(p.Write, f.Name) {
			continue
		}
		before, err := os.Lstat(filepath.Join(p.Dir, f.Name))
		if err != nil || !before.Mode().IsRegular() {
			before = nil
		}
		if err := put(root, f, before); err != nil {
			return err
		}
	}
	return nil
}

// put writes a file with its mode, whatever the umask is. One that replaces another
// belongs to the same owner, and may be read by no more than before: whoever runs
// pharos as another user has given the files away.
func put(root *os.Root, f File, before fs.FileInfo) error {
	if err := root.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
		return err
	}
	out, err := root.OpenFile(f.Name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = out.Write(f.Data)
	return errors.Join(err, out.Chmod(f.mode(before, out)), out.Sync(), out.Close())
}

func (f File) mode(before fs.FileInfo, out *os.File) fs.FileMode {
	mode := fs.FileMode(0o644)
	if f.Secret {
		mode = 0o600
	}
	if before == nil {
		return mode
	}
	owner, ok := before.Sys().(*syscall.Stat_t)
	if !ok {
		return mode
	}
	sameGroup := out.Chown(-1, int(owner.Gid)) == nil
	_ = out.Chown(int(owner.Uid), -1) // else it is one's own, as any new file
	perm := before.Mode().Perm()
	switch {
	case !f.Secret:
		return 0o600 | perm&mode
	case sameGroup && perm&0o007 == 0:
		return mode | perm&0o040
	}
	return mode
}

// A swap puts files into the place of others, and back if it can't do so with all.
type swap struct {
	root  *os.Root
	stage string // within the root
	back  undoing
	moved int
}

func (p *Plan) swap(stage string) (err error) {
	root, err := os.OpenRoot(p.Dir)
	if err != nil {
		return fmt.Errorf("write the files: %w", err)
	}
	defer root.Close() //nolint:errcheck // it is a place, no file
	s := &swap{root: root, stage: stage}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write the files: %w; nothing was changed", err)
			if lost := s.back.undo(); lost != nil {
				err = fmt.Errorf("%w, except for what could not be put back: %w", err, lost)
			}
		}
	}()
	backups := map[string]string{}
	for _, edit := range p.Edited {
		backups[edit.Name] = edit.Backup
	}
	for _, name := range p.Write {
		if err := s.replace(name, backups[name]); err != nil {
			return err
		}
	}
	for _, name := range p.Stale {
		if err := s.moveAway(name, ""); err != nil {
			return err
		}
	}
	return nil
}

// replace puts the file into its place. What was there is kept as backup, if that is
// given.
func (s *swap) replace(name, backup string) error {
	if err := s.folder(filepath.Dir(name)); err != nil {
		return err
	}
	if err := s.moveAway(name, backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.root.Rename(filepath.Join(s.stage, "new", name), name); err != nil {
		return err
	}
	s.back = append(s.back, func() error { return s.root.Remove(name) })
	return nil
}

// moveAway moves a file to its backup, or to the stage, which is removed in the end.
func (s *swap) moveAway(name, backup string) error {
	if info, err := s.root.Lstat(name); err != nil {
		return err
	} else if info.IsDir() {
		return fmt.Errorf("%s has become a folder", name)
	}
	if backup == "" {
		s.moved++
		backup = filepath.Join(s.stage, "old", strconv.Itoa(s.moved))
	}
	if err := s.root.Rename(name, backup); err != nil {
		return err
	}
	s.back = append(s.back, func() error { return s.root.Rename(backup, name) })
	return nil
}

// folder makes a folder within the root.
func (s *swap) folder(name string) error {
	if _, err := s.root.Stat(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := s.folder(filepath.Dir(name)); err != nil {
		return err
	}
	if err := s.root.Mkdir(name, 0o755); err != nil {
		return err
	}
	s.back = append(s.back, func() error { return s.root.Remove(name) })
	return nil
}

// makeFolders makes a folder and those above it.
func makeFolders(dir string) (made undoing, err error) {
	var missing []string
	for at := dir; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break // it is there, or Mkdir tells what is wrong
		}
		missing = append(missing, at)
	}
	for _, at := range slices.Backward(missing) {
		if err := os.Mkdir(at, 0o755); err != nil {
			return nil, errors.Join(fmt.Errorf("make the folder: %w", err), made.undo())
		}
		made = append(made, func() error { return os.Remove(at) })
	}
	return made, nil
}

// undoing is what takes steps back, in the order of the steps.
type undoing []func() error

func (u undoing) undo() (err error) {
	for _, step := range slices.Backward(u) {
		err = errors.Join(err, step())
	}
	return err
}
