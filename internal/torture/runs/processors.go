package runs

import (
	"fmt"

	"github.com/dylora/dylora/internal/torture/row"
)

// processors trains and answers on 1, 2 and 8 processors, and compares every bit that is left.
func processors(t *row.Trial) error {
	models, precisions := []string{"bert", "roberta", "mini"}, []string{"float32", "i16"}
	for _, i := range t.Pick(30) {
		model, precision, seed := models[i%3], precisions[i/3%2], t.Random.IntN(1e6)
		t.Go(fmt.Sprintf("%s in %s, seed %d", model, precision, seed), func(dir string) error {
			args := short(encoder(t, model), 6, "--seed", fmt.Sprint(seed), "--precision", precision)
			var want map[string][]byte
			var answers string
			for _, n := range []int{1, 2, 8} {
				own, err := subfolder(dir, fmt.Sprint(n))
				if err != nil {
					return err
				}
				env := []string{fmt.Sprint("GOMAXPROCS=", n)}
				if _, err := succeed(t, own, env, args...); err != nil {
					return err
				}
				got, err := files(own)
				if err != nil {
					return err
				}
				told, err := succeed(t, own, env, "eval", "run", "--quiet", "--json", "--precision", precision, "--max-eval-examples", "24")
				if err != nil {
					return err
				}
				if want == nil {
					want, answers = got, told.out
				}
				if err := same(want, got); err != nil {
					return fmt.Errorf("GOMAXPROCS %d: %w", n, err)
				}
				if told.out != answers {
					return fmt.Errorf("GOMAXPROCS %d: eval says %s, with one processor %s", n, told.out, answers)
				}
			}
			return nil
		})
	}
	return nil
}
