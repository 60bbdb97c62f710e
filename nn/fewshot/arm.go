package fewshot

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn/dataset"
)

// Arm is what a classifier is trained on: how classes are drawn and images varied, and a source of further images. It may have another
// classifier than its study.
type Arm struct {
	Name       string
	Balanced   bool            // all classes are drawn equally often
	Vary       dataset.Augment // of every image, real or not
	Classifier string          // one of Classifiers; "": that of the study
	Source     string          // of further images, one of Sources; "": none
	Share      float64         // of the draws of a class that has further images
}

// Kinds of arms.
const (
	nothing  = "nothing"  // all images alike, none varied
	balanced = "balanced" // classes equally often
	flips    = "flips"    // mirrored as well
	shift    = "shift"    // mirrored, and moved by up to N pixels: shiftN
	oracle   = "oracle"   // a source: all real images of the rare classes
)

// usualShare is the share of further images unless an arm says another.
const usualShare = 0.5

// ParseArm reads the name of an arm: nothing, balanced, flips or shiftN, then perhaps + and a classifier, then perhaps + and a source, then
// perhaps @ and the share of its images among the draws of a class, such as shift10+paste@0.25 or shift10+encoder+fly. Made images need a
// base that balances: their share is one of the draws of a class.
func ParseArm(name string, shape []int) (a Arm, err error) {
	a = Arm{Name: name}
	rest, share, shared := strings.Cut(name, "@")
	base, source, sourced := strings.Cut(rest, "+")
	if err := a.vary(base, shape); err != nil {
		return a, err
	}
	if first, more, also := strings.Cut(source, "+"); slices.Contains(Classifiers(), first) {
		a.Classifier, source, sourced = first, more, also
	}
	if sourced {
		if a.Source = source; !slices.Contains(Sources(), source) {
			return a, fmt.Errorf("the arm %q has the source %q; allowed: %s, after a classifier (%s) if it has its own", name, source, strings.Join(Sources(), ", "), strings.Join(Classifiers(), ", "))
		}
		if base == nothing && a.made() {
			return a, fmt.Errorf("the arm %q adds made images to %s, which has no share for them; allowed: %s, %s or %sN before the source", name, nothing, balanced, flips, shift)
		}
		a.Share = usualShare
	}
	if shared {
		a.Share, err = strconv.ParseFloat(share, 64)
		if err != nil || !(a.Share > 0 && a.Share < 1) || !a.made() {
			return a, fmt.Errorf("the arm %q has the share %q; allowed: a number between 0 and 1, after a source of made images", name, share)
		}
	}
	if (a.Source == paste || a.Source == harmonise) && len(shape) != 3 {
		return a, fmt.Errorf("the arm %q pastes, and the samples are windows; allowed: arms without paste and harmonise", name)
	}
	return a, nil
}

// vary reads the part before the source.
func (a *Arm) vary(base string, shape []int) error {
	a.Balanced = base != nothing
	windows := len(shape) == 2
	text, moved := strings.CutPrefix(base, shift)
	switch {
	case base == nothing || base == balanced:
		return nil
	case windows && base == flips:
		return fmt.Errorf("the arm %q mirrors, and windows of sensors have a direction; allowed: %s, %s, %sN", a.Name, nothing, balanced, shift)
	case base != flips && !moved:
		return fmt.Errorf("there is no arm %q; allowed: %s, %s, %s or %sN, then perhaps + and a source", a.Name, nothing, balanced, flips, shift)
	}
	a.Vary.FlipX, a.Vary.FlipY = !windows, !windows
	if !moved {
		return nil
	}
	by, err := strconv.Atoi(text)
	if a.Vary.ShiftX = by; !windows {
		a.Vary.ShiftY = by
	}
	if err != nil || by < 1 || a.Vary.Check(shape) != nil {
		return fmt.Errorf("the arm %q shifts by %q; allowed: whole numbers from 1, below the size of a sample", a.Name, text)
	}
	return nil
}

// made reports that the arm has images that are made from others.
func (a *Arm) made() bool { return a.Source != "" && a.Source != oracle }

// Baseline reports that the arm may be the bar: it has the classifier of the study, and neither images of a trained generator nor images that a
// study pretends not to have.
func (a *Arm) Baseline() bool {
	return a.Classifier == "" && (a.Source == "" || slices.Contains(cheap, a.Source))
}

// trained reports that the arm needs a trained generator, for images or for its classifier.
func (a *Arm) trained() bool { return slices.Contains(recipes, a.Source) || a.Classifier == Encoder }

// isPlainOf reports that the arm is another one without its made images.
func (a *Arm) isPlainOf(b *Arm) bool {
	return b.made() && a.Source == "" && a.Balanced == b.Balanced && a.Vary == b.Vary && a.Classifier == b.Classifier
}

// Baselines are the names of the arms of a study without a generator: the bar is one of them, but not an
// oracle. The largest shift has the further images.
func Baselines(shape []int) []string {
	names := []string{nothing, balanced}
	if len(shape) == 3 {
		names = append(names, flips)
	}
	for _, by := range shifts(shape) {
		names = append(names, fmt.Sprint(shift, by))
	}
	for _, source := range cheap {
		if source != paste || len(shape) == 3 {
			names = append(names, widest(shape)+"+"+source)
		}
	}
	bounds := []string{widest(shape)}
	if list := shifts(shape); len(list) > 1 {
		bounds = append(bounds, fmt.Sprint(shift, list[0])) // with all images, small shifts may be enough
	}
	for _, base := range bounds {
		names = append(names, base+"+"+oracle)
	}
	return names
}

// shifts are those of the baselines that fit a shape.
func shifts(shape []int) (list []int) {
	for _, by := range []int{3, 6, 10} {
		if by < slices.Min(shape[:len(shape)-1]) {
			list = append(list, by)
		}
	}
	return list
}

// widest is the baseline with the largest shift.
func widest(shape []int) string {
	list := shifts(shape)
	if len(list) == 0 {
		return balanced
	}
	return fmt.Sprint(shift, list[len(list)-1])
}

// Recipes are the names of the arms with a generator: its images, and its network as the classifier.
func Recipes(shape []int) (names []string) {
	base := widest(shape)
	for _, source := range recipes {
		if source != harmonise || len(shape) == 3 {
			names = append(names, base+"+"+source)
		}
	}
	return append(names, fmt.Sprintf("%s+%s@0.25", base, adapt), base+"+"+Encoder, base+"+"+Encoder+"+"+fly)
}
