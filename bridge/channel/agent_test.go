// SPDX-License-Identifier: Apache-2.0

package channel

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestUserAgent(t *testing.T) {
	t.Parallel()
	require.Regexp(t, `^pharos_bridge/\S+$`, userAgent())
	ours := func(version string) debug.Module {
		return debug.Module{Path: "github.com/pharos-status/pharos", Version: version}
	}
	used := ours("v1.2.3")
	require.Equal(t, "v1.2.3", builtVersion(&debug.BuildInfo{Main: used}))
	require.Equal(t, "v1.2.3", builtVersion(&debug.BuildInfo{Main: debug.Module{Path: "example.com/other", Version: "v9.0.0"}, Deps: []*debug.Module{&used}}))
	require.Empty(t, builtVersion(&debug.BuildInfo{Main: ours("(devel)")}))
	require.Empty(t, builtVersion(&debug.BuildInfo{}))
	require.Empty(t, builtVersion(nil))
}
