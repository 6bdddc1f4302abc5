package main

import (
	"context"
	"strings"
	"testing"
)

func TestCheckFlags(t *testing.T) {
	for args, wantErr := range map[string]string{
		"": "", "x --ranks 1,2 --nested --data --json": "", "--adapter x": "",
		"x y": "unexpected argument", "x -a y": "given twice", "--ranks 0": "--ranks: ",
	} {
		var got *checkOptions
		cmd := newCheckCmd(&streams{}, func(_ context.Context, o *checkOptions) error { got = o; return nil })
		if !checkParse(t, execute(cmd, args), wantErr) {
			continue
		}
		if want := strings.Contains(args, "x"); (got.path == "x") != want || got.nested != strings.Contains(args, "--nested") {
			t.Errorf("%s: %+v", args, got)
		}
	}
}
