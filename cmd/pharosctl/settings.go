// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/pharos-status/pharos/internal/configfile"
)

// The keys of pharosctl.yml. Each may also be said by an environment variable, which
// comes before the file: url by PHAROS_URL.
const (
	settingURL               = "url"
	settingTokenFile         = "token_file"
	settingReporterURL       = "reporter_url"
	settingReporterTokenFile = "reporter_token_file"
	settingOperationsURL     = "operations_url"
	settingBridgeTokenFile   = "bridge_token_file"
	settingAlertmanagerURL   = "alertmanager_url"
	settingHTTPConfigFile    = "http_config_file"
)

// settingsEnv names the file of the settings.
const settingsEnv = "PHAROSCTL_CONFIG"

// envOf returns the environment variable of a key.
func envOf(key string) string { return "PHAROS_" + strings.ToUpper(key) }

// said is what the help of a flag says of the environment variable, in the way of kingpin.
func said(key string) string { return " ($" + envOf(key) + ")" }

// A setting is what a user has said once for all commands, and where.
type setting struct{ value, from string }

// settings are those that are given, by their keys.
type settings map[string]setting

// readSettings reads the environment and pharosctl.yml. A file that is not named need
// not be there.
func readSettings(lookup func(string) (string, bool)) (settings, error) {
	s := settings{}
	path, named := settingsPath(lookup)
	if path != "" {
		err := s.read(path, lookup)
		switch absent := errors.Is(err, fs.ErrNotExist); {
		case absent && named:
			return nil, fmt.Errorf("%s names a file that is not there: %s", settingsEnv, path)
		case err != nil && !absent:
			return nil, err
		}
	}
	for _, key := range settingKeys() {
		value, _ := lookup(envOf(key))
		if value == "" {
			continue
		}
		if wrong := notAnAddress(key, value); wrong != nil {
			return nil, fmt.Errorf("%s: %w", envOf(key), wrong)
		}
		s[key] = setting{value, envOf(key)}
	}
	return s, nil
}

func settingKeys() []string {
	return []string{
		settingURL, settingTokenFile, settingReporterURL, settingReporterTokenFile,
		settingOperationsURL, settingBridgeTokenFile, settingAlertmanagerURL, settingHTTPConfigFile,
	}
}

// settingsPath returns where the file is, and whether the user has named it; an empty
// path where there is no home.
func settingsPath(lookup func(string) (string, bool)) (path string, named bool) {
	if path, _ := lookup(settingsEnv); path != "" {
		return path, true
	}
	folder, _ := lookup("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) { // which its specification has one ignore
		home, _ := lookup("HOME")
		if !filepath.IsAbs(home) {
			return "", false
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "pharos", "pharosctl.yml"), false
}

// read adds what the file says. Names of files in it that are relative begin in its folder.
func (s settings) read(path string, lookup func(string) (string, bool)) error {
	f, err := configfile.Read(path)
	if err != nil {
		return err
	}
	if err := f.ExpandEnv(lookup); err != nil {
		return err
	}
	var written struct {
		URL               string `yaml:"url"`
		TokenFile         string `yaml:"token_file"`
		ReporterURL       string `yaml:"reporter_url"`
		ReporterTokenFile string `yaml:"reporter_token_file"`
		OperationsURL     string `yaml:"operations_url"`
		BridgeTokenFile   string `yaml:"bridge_token_file"`
		AlertmanagerURL   string `yaml:"alertmanager_url"`
		HTTPConfigFile    string `yaml:"http_config_file"`
	}
	if err := f.Decode(&written); err != nil {
		return err
	}
	var errs configfile.Errors
	for key, value := range map[string]string{
		settingURL: written.URL, settingTokenFile: f.Path(written.TokenFile),
		settingReporterURL: written.ReporterURL, settingReporterTokenFile: f.Path(written.ReporterTokenFile),
		settingOperationsURL: written.OperationsURL, settingBridgeTokenFile: f.Path(written.BridgeTokenFile),
		settingAlertmanagerURL: written.AlertmanagerURL, settingHTTPConfigFile: f.Path(written.HTTPConfigFile),
	} {
		if value == "" {
			continue
		}
		if wrong := notAnAddress(key, value); wrong != nil {
			errs = append(errs, f.Errorf(configfile.Path{key}, "%v", wrong))
		}
		s[key] = setting{value, key + " of " + path}
	}
	return errs.Err()
}

// notAnAddress returns what is wrong with the value of a key that is a URL.
func notAnAddress(key, value string) error {
	if !strings.HasSuffix(key, settingURL) {
		return nil
	}
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%q is no URL; write one such as https://status.example.com", value)
	}
	return nil
}

// find returns what is given for a key, or follows from what is given for another.
func (s settings) find(key string) setting {
	if given := s[key]; given.value != "" {
		return given
	}
	switch key {
	case settingReporterURL:
		return s[settingURL]
	case settingAlertmanagerURL:
		if operations := s[settingOperationsURL]; operations.value != "" {
			return setting{strings.TrimRight(operations.value, "/") + "/alertmanager", operations.from}
		}
	}
	return setting{}
}

// or returns the value of a flag, and else what is given for a key.
func (s settings) or(flag, key string) string {
	if flag != "" || key == "" {
		return flag
	}
	return s.find(key).value
}
