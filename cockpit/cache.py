"""The cache on Redis, which may be away: then nothing is remembered, and pages still come (promise 15)."""

from typing import Any

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError


class AbsentMindedCache(RedisCache):
    """While Redis is away a read finds nothing, a write is forgotten, and `add` says that it was the first."""

    def add(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().add, True, args, kwargs)

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        return self._forgiving(super().get, default, (key, default, version), {})

    def set(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().set, None, args, kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().touch, False, args, kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().delete, False, args, kwargs)

    def get_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().get_many, {}, args, kwargs)

    def has_key(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().has_key, False, args, kwargs)

    def set_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().set_many, [], args, kwargs)

    def delete_many(self, *args: Any, **kwargs: Any) -> Any:
        return self._forgiving(super().delete_many, None, args, kwargs)

    @staticmethod
    def _forgiving(call: Any, otherwise: Any, args: Any, kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except RedisError:
            return otherwise
