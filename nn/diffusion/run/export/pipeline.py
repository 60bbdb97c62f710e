"""Draws samples of a diffusion model that GMEL has trained. README.md shows how."""

import torch
from diffusers import DiffusionPipeline
from PIL import Image


class GmelPipeline(DiffusionPipeline):
    def __init__(self, unet, scheduler, data=None):
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)
        self.register_to_config(data=data)

    def __call__(self, classes, steps=50, generator=None):
        """Draws a picture of each class in a list of their names."""
        return [self.picture(v) for v in self.values(self.sample(classes, steps, generator))]

    @torch.no_grad()
    def sample(self, classes, steps=50, generator=None, noise=None):
        """Returns what the network draws, [len(classes), C, Y, X]: standardised, not clipped. noise is N(0, sigma_max^2)."""
        names = self.config.data["classes"]
        y = torch.tensor([names.index(name) for name in classes], device=self.device)
        self.scheduler.set_timesteps(steps, device=self.device)
        if noise is None:
            height, width, channels = self.config.data["shape"]
            noise = torch.randn(len(classes), channels, height, width, generator=generator) * self.scheduler.init_noise_sigma
        x = noise.to(self.device)
        for t in self.progress_bar(self.scheduler.timesteps):
            out = self.unet(self.scheduler.scale_model_input(x, t), t.reshape(1).float(), class_labels=y).sample
            x = self.scheduler.step(out, t, x).prev_sample
        return x

    def values(self, x):
        """Returns samples in the units of the data, [n, Y, X, C]."""
        of_channel = lambda key: torch.tensor(self.config.data[key], device=x.device)
        return x.permute(0, 2, 3, 1) * of_channel("scale") + of_channel("mean")

    def picture(self, values):
        """Returns a sample as a picture: from low (black) to high (white)."""
        low, high = self.config.data["low"], self.config.data["high"]
        levels = ((values - low) / (high - low) * 255).round().clamp(0, 255).byte().cpu().numpy()
        return Image.fromarray(levels[:, :, 0] if levels.shape[2] == 1 else levels)
