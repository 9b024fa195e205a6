// SPDX-License-Identifier: Apache-2.0
// Sets the theme that the visitor chose, before anything is drawn.
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {}
