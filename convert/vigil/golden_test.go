// SPDX-License-Identifier: Apache-2.0

package vigil_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pharos-status/pharos/convert"
	"github.com/pharos-status/pharos/convert/vigil"
	"github.com/pharos-status/pharos/internal/configdir"
	"github.com/pharos-status/pharos/internal/embedded/check"
	"github.com/pharos-status/pharos/internal/testkit"
)

// A conversion is one of the functions of the package.
type conversion func(name string, data []byte, o convert.Options) (convert.Result, error)

// lookup is the environment of the tests.
func lookup(name string) (string, bool) {
	value, ok := map[string]string{
		"VIGIL_MANAGER_TOKEN": "manager-secret", "VIGIL_REPORTER_TOKEN": "reporter-secret",
		"COMPANY_FORM": "Ltd.\\nof Zürich", "THRESHOLD": "95", "PROXY_HOST": "proxy", "HOME": "/root",
	}[name]
	return value, ok
}

func golden() map[string]conversion {
	return map[string]conversion{
		"example": vigil.Convert, "full": vigil.Convert, "old": vigil.Convert,
		"minimal": vigil.Convert, "hostile": vigil.Convert, "local": vigil.ConvertLocal, "local-old": vigil.ConvertLocal,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, f := range golden() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := read(t, name)
			r, err := f("etc/"+name+".cfg", data, convert.Options{Dir: "/etc/pharos", Lookup: lookup})
			require.NoError(t, err)
			testkit.Golden(t, name+".golden", []byte(shown(r)))

			again, err := f("etc/"+name+".cfg", data, convert.Options{Dir: "/etc/pharos", Lookup: lookup})
			require.NoError(t, err)
			require.Equal(t, r, again, "the same text becomes the same files")
		})
	}
}

// TestLoaders has the programs read what was made.
func TestLoaders(t *testing.T) {
	t.Parallel()
	for name, f := range golden() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r, err := f(name+".cfg", read(t, name), convert.Options{Dir: dir, Lookup: lookup})
			require.NoError(t, err)
			plan, err := convert.NewPlan(dir, r)
			require.NoError(t, err)
			require.NoError(t, plan.Apply())
			require.NoError(t, configdir.Errors(configdir.All(dir)))

			plan, err = convert.NewPlan(dir, r)
			require.NoError(t, err)
			require.Empty(t, plan.Edited)
			require.Empty(t, plan.Stale)
		})
	}
}

// TestSecretsAreKept has no secret in a file that others may read, nor in a note.
func TestSecretsAreKept(t *testing.T) {
	t.Parallel()
	r, err := vigil.Convert("full.cfg", read(t, "full"), convert.Options{Dir: "/etc/pharos", Lookup: lookup})
	require.NoError(t, err)
	for _, secret := range []string{
		"manager-secret", "reporter-secret", "rabbit-password", "smtp-password", "twilio-token", "slack-secret", "zulip-key", "telegram-token",
		"pushoverapplicationtoken", "pushoveruserkey", "gotify-token", "xmpp-password", "matrix-token", "webex-token", "webhook-secret",
		"probe-password", "header-secret",
	} {
		found := 0
		for _, f := range r.Files {
			if strings.Contains(string(f.Data), secret) {
				require.True(t, f.Secret, "%s in %s", secret, f.Name)
				found++
			}
		}
		require.Positive(t, found, secret)
		require.NotContains(t, fmt.Sprint(r.Notes), secret)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".cfg"))
	require.NoError(t, err)
	return data
}

// put writes a result into a folder that is there, without waiting for the disk.
func put(t testing.TB, dir string, r convert.Result) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "templates"), 0o755))
	for _, f := range r.Files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o600))
	}
}

// takes reads what has been written as the programs do, but for what is in no result.
func takes(dir string) error {
	err := configdir.Errors(slices.Concat(configdir.Exporter(dir), configdir.StatusPage(dir), configdir.Bridge(dir)))
	if err != nil {
		return err
	}
	a, err := check.Alerting(filepath.Join(dir, "alerting.yml"))
	if err != nil {
		return err
	}
	_, err = check.Alertmanager(filepath.Join(dir, "alertmanager.yml"), a)
	return err
}

func shown(r convert.Result) string {
	var b strings.Builder
	for _, f := range r.Files {
		mode := ""
		if f.Secret {
			mode = " (secret)"
		}
		fmt.Fprintf(&b, "==> %s%s <==\n%s\n", f.Name, mode, f.Data)
	}
	b.WriteString("==> notes <==\n")
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "%s\n  %s: %s\n", n.Source, n.Fit, strings.TrimSuffix(n.To+": "+n.Text, ": "))
	}
	return b.String()
}
