module github.com/pharos-status/pharos/reporter

go 1.25.0
