// Package diffusion holds the mathematics of diffusion models: noise levels, schedules, what a network predicts,
// weights of the loss, and samplers.
//
// A noise level says that x_t = alpha x_0 + sigma eps, with eps ~ N(0, 1). A network F predicts something at a level; a
// [Prediction] turns that into D, the estimate of x_0. A sampler goes from level to level. All samplers here are linear in
// x and in the estimates, so each one is a function that returns a [Plan]: the coefficients of every evaluation, computed in
// float64 from the levels alone. A Plan knows neither a network nor a device. [Plan.Run] plays it in float64 and is the
// specification of every faster form.
//
// Ho, Jain, Abbeel, "Denoising diffusion probabilistic models", arXiv 2006.11239; Song, Meng, Ermon, "Denoising diffusion
// implicit models", arXiv 2010.02502; Karras et al., "Elucidating the design space of diffusion-based generative models"
// (EDM), arXiv 2206.00364. Files name the papers of single samplers.
package diffusion
