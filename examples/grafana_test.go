// SPDX-License-Identifier: Apache-2.0

package examples_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/internal/configfile"
)

// TestGrafanaProvisioning reads the files strictly, and holds the addresses, the
// folders and the commands of the README to each other.
func TestGrafanaProvisioning(t *testing.T) {
	t.Parallel()
	var sources struct {
		APIVersion  int `yaml:"apiVersion"`
		Datasources []struct {
			Name, UID, Type, Access, URL string
			JSONData                     map[string]any `yaml:"jsonData"`
		}
	}
	decode(t, "grafana/datasources.yml", &sources)
	require.Equal(t, 1, sources.APIVersion)
	require.Len(t, sources.Datasources, 2)
	for i, program := range []string{"prometheus", "alertmanager"} {
		s := sources.Datasources[i]
		require.Equal(t, program, s.Type)
		require.Equal(t, "pharos-"+program, s.UID)
		require.Equal(t, "proxy", s.Access)
		require.Equal(t, "http://127.0.0.1:9640/"+program, s.URL, "the ops listener of pharos")
	}
	require.Equal(t, "pharos-alertmanager", sources.Datasources[0].JSONData["alertmanagerUid"])

	var dashboards struct {
		APIVersion int `yaml:"apiVersion"`
		Providers  []struct {
			Name, Folder, Type    string
			OrgID                 int    `yaml:"orgId"`
			FolderUID             string `yaml:"folderUid"`
			DisableDeletion       bool   `yaml:"disableDeletion"`
			AllowUIUpdates        bool   `yaml:"allowUiUpdates"`
			UpdateIntervalSeconds int    `yaml:"updateIntervalSeconds"`
			Options               struct{ Path string }
		}
	}
	decode(t, "grafana/dashboards.yml", &dashboards)
	require.Equal(t, 1, dashboards.APIVersion)
	require.Len(t, dashboards.Providers, 1)
	p := dashboards.Providers[0]
	require.Equal(t, "file", p.Type)
	require.Equal(t, "Pharos", p.Folder)
	require.False(t, p.AllowUIUpdates, "the dashboards can't be edited either")

	readme, err := os.ReadFile("grafana/README.md")
	require.NoError(t, err)
	for _, line := range []string{
		"examples/grafana/datasources.yml /etc/grafana/provisioning/datasources/",
		"examples/grafana/dashboards.yml /etc/grafana/provisioning/dashboards/",
		"install -d " + p.Options.Path + "\n",
		"dashboards/*.json " + p.Options.Path + "/\n",
	} {
		require.Contains(t, string(readme), line)
	}
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	f, err := configfile.Read(file)
	require.NoError(t, err)
	require.NoError(t, f.Decode(into))
}
