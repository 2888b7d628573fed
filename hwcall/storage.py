"""Static files under names that carry their content's hash."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Only the hashed files are kept: nothing refers to the others."""

    keep_only_hashed_files = True
