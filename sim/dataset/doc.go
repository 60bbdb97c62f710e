// Package dataset turns public data sets into scenarios: the places of base stations and users, and traces
// of the requests to services of generative AI.
//
// A data set has some of the numbers of a scenario and lacks the others. [Import] takes what the data
// has, fills the rest with assumptions, and says which is which: every key of the scenario that it
// writes has a comment with its source. Options replace assumptions.
//
// # Formats
//
//   - eua: sites of base stations and places of users in Melbourne, with latitudes and longitudes.
//   - telecom: base stations of Shanghai Telecom, or the sessions of its users.
//   - alibaba: requests to a service of diffusion models with their models and execution times.
//   - azure: requests to services of language models with their tokens.
//   - edgecloudsim: the configuration of a scenario of EdgeCloudSim.
//
// No row is dropped in silence. The report counts what was read and kept, and names every place that lies too
// far away. The same input gives the same output on every machine: what must be drawn is drawn with a
// fixed seed.
//
// # Files
//
// An import makes a folder: scenario.yaml, and where the data has them arrivals.csv (a trace) and ieds.csv
// (positions). Tables may be compressed (gzip, also of a tar archive with one file), have a byte order mark
// or other separators; see package internal/table.
package dataset
