import { ASSET_EXTRA_MAX, ASSET_URI_MAX, ASSET_URI_PATTERN } from '../model/asset.ts';
import { AppError } from '../model/errors.ts';
import type { Request } from '../model/request.ts';

type AssetRequest = Extract<Request, { type: 'assetEvent' }>;
const pattern = new RegExp(ASSET_URI_PATTERN);

/**
 * An event of an asset as it is reported.
 * @throws AppError `invalid` where the URI is none, or the JSON with it is too long.
 */
export function wantedEvent(request: AssetRequest): AssetRequest {
  const { uri, extra } = request;
  if (uri.length > ASSET_URI_MAX || !pattern.test(uri)) {
    throw new AppError(
      'invalid',
      `'${uri.slice(0, 100)}' is no URI of an asset: write a scheme, a colon and what follows, ` +
        'without spaces, such as s3://research/signals',
    );
  }
  if (extra !== null && JSON.stringify(extra).length > ASSET_EXTRA_MAX)
    throw new AppError('invalid', `the JSON of an event has at most ${ASSET_EXTRA_MAX} characters`);
  return request;
}
