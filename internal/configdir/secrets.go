// SPDX-License-Identifier: Apache-2.0

package configdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	promconfig "github.com/prometheus/common/config"

	"github.com/pharos-status/pharos/internal/configfile"
)

// secrets returns what is wrong with where the files of the folder keep secrets.
func secrets(dir string) (all []error) {
	for _, name := range []string{exporterFile, pageFile, bridgeFile, alertingFile, routingFile, prometheusFile, reporterFile} {
		f, err := configfile.Read(filepath.Join(dir, name))
		if err != nil {
			continue // it is told, or not there
		}
		var document any
		if err := f.Peek(&document); err != nil {
			continue
		}
		s := secretsOf{file: f, dir: dir, name: name, asked: map[string]bool{}}
		each(nil, document, s.found)
		if s.inline != nil && forAll(filepath.Join(dir, name)) {
			all = append(all, f.Errorf(s.inline, "a secret stands here, and everyone on this machine may read the file; chmod 600 %s, or keep the secret in a file of its own", f.Name()))
		}
		all = append(all, s.problems...)
	}
	return all
}

// secretsOf looks through a document.
type secretsOf struct {
	file     *configfile.File
	dir      string
	name     string
	inline   configfile.Path // the first secret that stands in the file itself; nil: none
	problems []error
	asked    map[string]bool // files that have been looked at
}

// found looks at a value, by how keys are named in our files and in those of Prometheus
// and Alertmanager. A URL in a file of its own is there because it is secret.
func (s *secretsOf) found(p configfile.Path, key, value string) {
	name, isFile := strings.CutSuffix(key, "_file")
	ends := func(end string) bool { return strings.HasSuffix(name, end) }
	switch secret := name == "key" || slices.ContainsFunc([]string{"token", "password", "secret", "credentials", "_key"}, ends); {
	case isFile && (secret || ends("url")):
		s.secretFile(p, value)
	case !isFile && secret && s.inline == nil && !strings.Contains(value, "${"):
		s.inline = p
	}
}

// secretFile checks a file that holds a secret. That ours can be read has been found
// out by who reads them; those of Prometheus and Alertmanager may be for them alone.
func (s *secretsOf) secretFile(p configfile.Path, name string) {
	if strings.Contains(name, "${") || s.asked[name] {
		return
	}
	s.asked[name] = true
	foreign := s.name == routingFile || s.name == prometheusFile
	path := promconfig.JoinDir(s.dir, name)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && foreign && filepath.IsAbs(name):
		s.warn(p, "there is no file %s", path)
	case err != nil:
	case info.IsDir():
		s.warn(p, "%s is a folder", path)
	case info.Size() == 0 && foreign:
		s.warn(p, "%s is empty", path)
	case info.Mode().Perm()&0o004 != 0:
		s.warn(p, "everyone on this machine may read %s; chmod 600 %[1]s", path)
	}
}

func (s *secretsOf) warn(p configfile.Path, format string, args ...any) {
	s.problems = append(s.problems, s.file.Errorf(p, "%s", fmt.Sprintf(format, args...)))
}

// forAll tells whether everyone on the machine may read a file.
func forAll(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&0o004 != 0
}
