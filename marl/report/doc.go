// Package report makes a page of run folders: learning curves, tables, where the time of a task goes, choices, settings and versions. It
// is one HTML file without a request to anything else. Figures are drawn in the browser by uPlot, which is in the folder uplot with its licence.
//
// Runs that differ in their seed alone are one line. A folder that cannot be read, or only in part, is listed with a sentence. Equal
// folders give equal pages.
package report
