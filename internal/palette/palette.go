// Package palette has the colours and the font that all pictures and pages share.
//
// The colours are those of Okabe and Ito, "Color Universal Design" (2008), which colour-blind readers can tell apart.
package palette

import (
	"fmt"
	"image/color"
)

// The colours by their names.
var (
	Blue       = color.RGBA{0, 114, 178, 255}
	Green      = color.RGBA{0, 158, 115, 255}
	Vermillion = color.RGBA{213, 94, 0, 255}
	Purple     = color.RGBA{204, 121, 167, 255}
	Sky        = color.RGBA{86, 180, 233, 255}
	Yellow     = color.RGBA{240, 228, 66, 255}
	Orange     = color.RGBA{230, 159, 0, 255}
	Grey       = color.RGBA{90, 90, 90, 255}
	Black      = color.RGBA{0, 0, 0, 255}
)

// Series are the colours of the lines of a plot on white, in their order.
var Series = []color.RGBA{Blue, Vermillion, Green, Purple, Sky, Orange, Grey, Black}

// OnDark are the colours of Series on a dark ground: the dark ones of them are lighter, so that a thin line can be seen.
var OnDark = []color.RGBA{
	{76, 163, 224, 255}, {240, 128, 48, 255}, {38, 190, 145, 255}, Purple, {128, 205, 250, 255}, Orange, {165, 165, 165, 255}, {235, 235, 235, 255},
}

// Typeface and Variant name the font of pictures, as gonum's collection of Liberation does; Families is the same for a page.
const (
	Typeface = "Liberation"
	Variant  = "Sans"
	Families = `"Liberation Sans", Arimo, Arial, Helvetica, sans-serif`
)

// Hex is a colour as pages write it, such as #0072b2.
func Hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }
