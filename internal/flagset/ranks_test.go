package flagset

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
)

// rankArgs runs a command line with --rank and --ranks alone.
func rankArgs(line, spec string) (*Ranks, error) {
	r := &Ranks{}
	cmd := &cobra.Command{Use: "test", RunE: func(cmd *cobra.Command, _ []string) error { return r.Check(cmd) }}
	AddRanks(cmd, r, spec, "ranks")
	return r, execute(cmd, line)
}

// --rank and --ranks are the same flag, and messages name the one that was given. What no
// adapter has is refused before one is opened, the rest against the adapter's rank.
func TestRanks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		list     string
		want     []int  // of an adapter of rank 8
		early    string // refused before the adapter is known
		wantErr  string // refused then
		fallback string
	}{
		{list: "4", want: []int{4}},
		{list: "1,2,4-8", want: []int{1, 2, 4, 5, 6, 7, 8}},
		{list: "8,1,8", want: []int{1, 8}},
		{list: "all", want: []int{1, 2, 3, 4, 5, 6, 7, 8}},
		{list: "9", wantErr: "rank 9 is above the adapter's rank: choose 1 to 8"},
		{list: "1-9", wantErr: "rank 9 is above the adapter's rank: choose 1 to 8"},
		{list: "0", early: "rank 0: ranks count from 1"},
		{list: "65537", early: "rank 65537 is above"},
		{list: "4-2", early: "runs downwards"},
		{list: "x", early: `"x" is not a rank`},
		{list: "1,,2", early: "empty item"},
		{list: "", early: "empty item"},
	} {
		for _, flag := range []string{"--rank", "--ranks"} {
			for _, spec := range []string{"", "all"} {
				r, err := rankArgs(flag+"="+tt.list, spec)
				want := tt.early
				var ranks []int
				if err == nil {
					ranks, err = r.Of(8, "")
					want = tt.wantErr
				}
				switch {
				case want == "" && (err != nil || !slices.Equal(ranks, tt.want)):
					t.Errorf("%s %s: %v, %v", flag, tt.list, ranks, err)
				case want != "" && (err == nil || !strings.HasPrefix(err.Error(), flag+": ") || !strings.Contains(err.Error(), want) || fault.ClassOf(err) != fault.Usage):
					t.Errorf("%s %s: %v, want %q", flag, tt.list, err, want)
				}
			}
		}
	}
	if r, err := rankArgs("-r 2", ""); err != nil || r.Spec != "2" || r.Flag != "--rank" {
		t.Errorf("-r: %+v, %v", r, err)
	}
	for _, line := range []string{"--rank 2 --ranks 2", "--ranks 2 -r 3"} {
		if _, err := rankArgs(line, ""); err == nil || fault.ClassOf(err) != fault.Usage || !strings.Contains(err.Error(), "--rank and --ranks are the same: give one of them") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Where no list is given, each command has its own.
func TestRanksFallback(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		spec, fallback string
		want           []int
	}{
		{"", "3", []int{3}},
		{"", "all", []int{1, 2, 3}},
		{"all", "2", []int{1, 2, 3}},
	} {
		r, err := rankArgs("", tt.spec)
		if err != nil {
			t.Fatal(err)
		}
		if ranks, err := r.Of(3, tt.fallback); err != nil || !slices.Equal(ranks, tt.want) {
			t.Errorf("%+v: %v, %v", tt, ranks, err)
		}
	}
}
